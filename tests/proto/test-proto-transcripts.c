/* SPDX-License-Identifier: MIT */
#include "transcript-pop3-client.h"
#include "transcript-pop3-server.h"
#include "transcript-smtp-client.h"
#include "transcript-smtp-server.h"

static const TranscriptAdapter *const adapters[] = {
  &transcript_smtp_server,
  &transcript_smtp_client,
  &transcript_pop3_server,
  &transcript_pop3_client,
};

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (adapters); i++)
    transcript_add_tests (adapters[i]);
  return g_test_run ();
}
