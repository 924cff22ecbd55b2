/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-error-private.h"

#include <message-address.h>
#include <net-error.h>
#include <proto-engine.h>
#include <store-error.h>

#include <string.h>

G_DEFINE_QUARK (engine - error - quark, engine_error)

typedef struct
{
  int from;
  EngineError to;
  const char *advice; /* what to do, or NULL */
} Rule;

static const Rule net_rules[] = {
  { NET_ERROR_CONNECT, ENGINE_ERROR_NETWORK, "Check the server's name, its port and the network" },
  { NET_ERROR_CERTIFICATE, ENGINE_ERROR_CERTIFICATE,
    "Nothing was sent. Check the server's name, or ask whoever runs the server" },
  { NET_ERROR_TLS, ENGINE_ERROR_PROTOCOL, "Check the port and the kind of encryption" },
  { NET_ERROR_CLOSED, ENGINE_ERROR_NETWORK, "Try again" },
  { NET_ERROR_TIMEOUT, ENGINE_ERROR_NETWORK, "Check the network, or try again later" },
  { NET_ERROR_LISTEN, ENGINE_ERROR_BUSY, "Choose another port" },
  { NET_ERROR_IDENTITY, ENGINE_ERROR_STORE, NULL },
};

static const Rule proto_rules[] = {
  { PROTO_ERROR_SYNTAX, ENGINE_ERROR_PROTOCOL, "Check that the port is that of a mail server" },
  { PROTO_ERROR_LIMIT, ENGINE_ERROR_PROTOCOL, NULL },
  { PROTO_ERROR_INJECTION, ENGINE_ERROR_PROTOCOL,
    "Nothing was sent. Somebody may be tampering with this network" },
  { PROTO_ERROR_TIMEOUT, ENGINE_ERROR_NETWORK, "Check the network, or try again later" },
  { PROTO_ERROR_CLOSED, ENGINE_ERROR_NETWORK, "Try again" },
  { PROTO_ERROR_REFUSED, ENGINE_ERROR_REFUSED, NULL },
  { PROTO_ERROR_AUTH, ENGINE_ERROR_AUTH, "Check the user name and the password" },
  { PROTO_ERROR_UNSUPPORTED, ENGINE_ERROR_PROTOCOL,
    "Choose another kind of encryption, or ask whoever runs the server" },
  { PROTO_ERROR_TOKEN, ENGINE_ERROR_SIGN_IN, "Sign in again" },
};

static const Rule store_rules[] = {
  { STORE_ERROR_NEWER, ENGINE_ERROR_STORE, NULL },
  { STORE_ERROR_CORRUPT, ENGINE_ERROR_STORE, NULL },
  { STORE_ERROR_IO, ENGINE_ERROR_STORE, "Check the disk and the folder's permissions" },
  { STORE_ERROR_FULL, ENGINE_ERROR_STORE, "Make room on the disk and try again" },
  { STORE_ERROR_BUSY, ENGINE_ERROR_BUSY, NULL },
  { STORE_ERROR_NOT_FOUND, ENGINE_ERROR_NOT_FOUND, NULL },
  { STORE_ERROR_EXISTS, ENGINE_ERROR_EXISTS, NULL },
  { STORE_ERROR_INVALID, ENGINE_ERROR_INVALID, NULL },
  { STORE_ERROR_QUOTA, ENGINE_ERROR_REFUSED, NULL },
  { STORE_ERROR_TOO_LARGE, ENGINE_ERROR_REFUSED, NULL },
  { STORE_ERROR_DISABLED, ENGINE_ERROR_REFUSED, NULL },
  { STORE_ERROR_RECALLED, ENGINE_ERROR_NOT_FOUND, NULL },
};

static const Rule message_rules[] = {
  { MESSAGE_ERROR_ADDRESS, ENGINE_ERROR_INVALID, NULL },
  { MESSAGE_ERROR_ATTACHMENT, ENGINE_ERROR_INVALID, NULL },
  { MESSAGE_ERROR_PARSE, ENGINE_ERROR_INVALID, NULL },
  { MESSAGE_ERROR_IO, ENGINE_ERROR_STORE, NULL },
};

static const Rule *
find_rule (const Rule *rules, gsize n_rules, int code)
{
  for (gsize i = 0; i < n_rules; i++)
    if (rules[i].from == code)
      return &rules[i];
  return NULL;
}

static const Rule *
rule_for (const GError *error)
{
  if (error->domain == NET_ERROR)
    return find_rule (net_rules, G_N_ELEMENTS (net_rules), error->code);
  if (error->domain == PROTO_ERROR)
    return find_rule (proto_rules, G_N_ELEMENTS (proto_rules), error->code);
  if (error->domain == STORE_ERROR)
    return find_rule (store_rules, G_N_ELEMENTS (store_rules), error->code);
  if (error->domain == MESSAGE_ERROR)
    return find_rule (message_rules, G_N_ELEMENTS (message_rules), error->code);
  return NULL;
}

/* A sentence without its full stop, so that another can follow. */
static char *
without_stop (const char *words)
{
  char *text = g_strchomp (g_strdup (words));
  gsize length = strlen (text);

  if (length > 1 && text[length - 1] == '.' && text[length - 2] != '.')
    text[length - 1] = '\0';
  return text;
}

GError *
engine_error_translate (const GError *error, const char *where)
{
  if (error->domain == ENGINE_ERROR || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return g_error_copy (error);

  const Rule *rule = rule_for (error);
  EngineError code = ENGINE_ERROR_STORE;
  if (rule != NULL)
    code = rule->to;
  else if (error->domain == G_RESOLVER_ERROR || error->domain == G_TLS_ERROR
           || error->domain == G_IO_ERROR)
    code = ENGINE_ERROR_NETWORK;

  g_autofree char *words = without_stop (error->message);
  g_autoptr (GString) text = g_string_new (NULL);
  if (where != NULL && strstr (words, where) == NULL)
    g_string_append_printf (text, "%s: ", where);
  g_string_append (text, words);
  if (rule != NULL && rule->advice != NULL)
    g_string_append_printf (text, ". %s.", rule->advice);
  return g_error_new_literal (ENGINE_ERROR, code, text->str);
}

void
engine_error_return (GTask *task, GError *error, const char *where)
{
  g_task_return_error (task, engine_error_translate (error, where));
  g_error_free (error);
}
