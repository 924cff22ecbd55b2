/* SPDX-License-Identifier: MIT */
#include "proto-sasl-private.h"

#include <base-text.h>

#include <string.h>

/* A status longer than this is shown in part. */
#define MAX_STATUS 60

static char *
make_head (ProtoSaslMechanisms mechanism, const char *user)
{
  if (mechanism == PROTO_SASL_XOAUTH2)
    return g_strdup_printf ("user=%s\001auth=Bearer ", user);
  g_autofree char *name = proto_scram_escape_name (user);
  return g_strdup_printf ("n,a=%s,\001auth=Bearer ", name);
}

char *
proto_sasl_token_encode (ProtoSaslMechanisms mechanism, const ProtoCredentials *credentials)
{
  g_autofree char *head = make_head (mechanism, credentials->user);
  gsize head_length = strlen (head), token = base_secret_get_length (credentials->password);
  gsize length = head_length + token + 2;
  char *octets = g_malloc (length);

  memcpy (octets, head, head_length);
  memcpy (octets + head_length, base_secret_get_text (credentials->password), token);
  memset (octets + head_length + token, 1, 2);

  char *text = g_base64_encode ((const guchar *) octets, length);
  proto_sasl_wipe_free (octets, length);
  return text;
}

/* The string behind "status" of a flat JSON object; NULL where there is none that is plain. */
static char *
find_status (const char *json)
{
  const char *at = strstr (json, "\"status\"");

  if (at == NULL)
    return NULL;
  at += strlen ("\"status\"");
  at += strspn (at, " \t\r\n");
  if (*at++ != ':')
    return NULL;
  at += strspn (at, " \t\r\n");
  if (*at++ != '"')
    return NULL;
  gsize length = strcspn (at, "\"\\");
  return at[length] == '"' && length > 0 ? g_strndup (at, MIN (length, MAX_STATUS)) : NULL;
}

char *
proto_sasl_token_explain (const char *json, gsize length)
{
  static const struct
  {
    const char *status;
    const char *words;
  } known[] = {
    { "invalid_token", "The sign-in has expired or was withdrawn" },
    { "401", "The sign-in has expired or was withdrawn" },
    { "insufficient_scope", "The sign-in does not allow mail to be fetched or sent" },
    { "403", "The sign-in does not allow mail to be fetched or sent" },
    { "invalid_request", "The server did not understand the sign-in" },
  };
  g_autofree char *status = find_status (json);

  if (status == NULL || strlen (json) != length)
    return g_strdup ("The server refused the sign-in");
  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_ascii_strcasecmp (known[i].status, status) == 0)
      return g_strdup (known[i].words);
  g_autofree char *shown = base_text_escape (status, -1);
  return g_strdup_printf ("The server refused the sign-in (%s)", shown);
}
