/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The well-known mail providers: their servers, and where a person signs in with a browser. They
 * are data/providers.ini, under the installed one, under the person's own in the configuration
 * folder. Main thread; read once, immutable.
 */

#include <store-values.h>

typedef struct
{
  char *id;   /* "gmail" */
  char *name; /* "Gmail" */
  char **domains;
  StoreServer pop3; /* without users */
  StoreServer smtp;
  gboolean app_password; /* programs need a password of their own */

  /* NULL: the provider takes a password alone. */
  char *authorize;
  char *token;
  char *scope;
  char *issuer;        /* "": not known */
  char *parameters;    /* for the first page, as in a query; "" */
  char *client_id;     /* "": nobody has registered this program there */
  char *client_secret; /* "" */
} EngineProvider;

/* Of EngineProvider, in the files' order; borrowed. */
GPtrArray *engine_providers_get (void);
/* What could not be read or made no sense in the files, for a person; NULL: nothing. */
const char *engine_providers_get_problem (void);

/* Borrowed; NULL: none. The domain of @address decides. */
const EngineProvider *engine_providers_find (const char *id);
const EngineProvider *engine_providers_find_address (const char *address);

/* Whether it takes a sign-in with a browser, registered or not. */
gboolean engine_provider_has_sign_in (const EngineProvider *provider);
/* Gives @account the servers; the user names stay. */
void engine_provider_apply (const EngineProvider *provider, StoreAccount *account);
/* Why signing in there cannot begin, for a person; NULL: it can. */
char *engine_provider_explain (const EngineProvider *provider);
/* The person's own file. */
char *engine_providers_dup_path (void);
