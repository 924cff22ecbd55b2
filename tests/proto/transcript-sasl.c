/* SPDX-License-Identifier: MIT */
#include "transcript-sasl.h"

#include <string.h>

ProtoSaslMechanisms
transcript_sasl_get_mechanisms (TranscriptRun *run, const char *fallback)
{
  g_auto (GStrv) names
      = g_strsplit (transcript_run_get_config (run, "mechanisms", fallback), " ", -1);
  ProtoSaslMechanisms mechanisms = 0;

  for (guint i = 0; names[i] != NULL; i++)
    mechanisms |= proto_sasl_from_name (names[i]);
  return mechanisms;
}

const char *
transcript_sasl_get_nonce (TranscriptRun *run)
{
  return transcript_run_get_config (run, "nonce", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
}

void
transcript_sasl_set (TranscriptRun *run, ProtoCredentials *credentials)
{
  if (credentials == NULL)
    return;
  credentials->is_token = transcript_run_get_flag (run, "token", FALSE);
  credentials->nonce = g_strdup (transcript_run_get_config (run, "nonce", NULL));
}

void
transcript_sasl_bind (TranscriptRun *run, ProtoEngine *engine)
{
  const char *words = transcript_run_get_config (run, "binding", NULL);

  if (words != NULL)
    {
      g_autoptr (GBytes) data = g_bytes_new (words, strlen (words));
      proto_engine_set_binding (engine, PROTO_BINDING_EXPORTER, data);
    }
}

const ProtoScramKeys *
transcript_sasl_get_keys (void)
{
  static const ProtoScramKeys keys = {
    .iterations = 4096,
    .salt_length = 16,
    .salt = { 0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36,
              0xfa, 0x81 },
    .stored_key = { 0x58, 0x6e, 0x5d, 0xf2, 0x83, 0xe6, 0xdc, 0xeb, 0x5c, 0x3e, 0x79,
                    0x1d, 0x8b, 0x85, 0x28, 0xec, 0x19, 0x1e, 0x66, 0x40, 0x45, 0xce,
                    0x97, 0x17, 0x92, 0xe2, 0xe6, 0xb5, 0xbb, 0x13, 0xe2, 0xa6 },
    .server_key = { 0xc1, 0xf3, 0xcb, 0xc1, 0xc1, 0x3a, 0x9d, 0x35, 0xa1, 0x4c, 0x09,
                    0x90, 0xee, 0xd9, 0x76, 0x29, 0xea, 0x22, 0x58, 0x63, 0xe5, 0x66,
                    0xa4, 0x31, 0x4a, 0xb9, 0x9f, 0x3f, 0x00, 0xe5, 0xd9, 0xd5 },
  };

  return &keys;
}

void
transcript_sasl_report (TranscriptRun *run, const char *verb, const ProtoCredentials *credentials)
{
  g_autofree char *digest = NULL;
  const char *proof = credentials->proved ? "proved" : "not proved";

  if (credentials->password != NULL)
    proof = base_secret_get_text (credentials->password);
  else if (credentials->digest != NULL)
    proof = digest = g_strdup_printf ("%s of %s", credentials->digest, credentials->challenge);
  transcript_run_event (run, "%s %s %s %s", verb, credentials->authzid, credentials->user, proof);
}
