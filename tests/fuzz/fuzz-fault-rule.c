/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <engine-faults-private.h>

/* Rules that are read mean the same when their own text is read again; what is not one is refused
 * with a reason, and nothing that happens makes a rule do what it must not. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const commands[] = { "connect", "RCPT", "DATA", "RETR", "NOOP" };
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (EngineFaults) faults = engine_faults_new ();
  g_autoptr (EngineFaultRule) rule = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) error_all = NULL;

  rule = engine_fault_rule_parse (text, &error);
  g_assert_true ((rule == NULL) == (error != NULL));
  if (rule != NULL)
    {
      g_autoptr (EngineFaultRule) again = engine_fault_rule_parse (rule->text, NULL);

      g_assert_nonnull (again);
      g_assert_true (again->action == rule->action && again->amount == rule->amount
                     && again->command == rule->command);
      g_assert_true (rule->smtp || rule->pop3);
      if (rule->action == ENGINE_FAULT_REPLY && rule->smtp)
        g_assert_true (rule->code >= 400 && rule->code < 560);
    }
  if (!engine_faults_set (faults, text, &error_all))
    g_assert_nonnull (error_all);
  for (guint i = 0; i < 2 * G_N_ELEMENTS (commands); i++)
    {
      const EngineFaultMoment moment = {
        .smtp = (i & 1) != 0,
        .command = commands[i / 2],
        .client = "127.0.0.1",
        .user = (i & 2) != 0 ? "ann" : NULL,
        .from = "",
        .to = "bob@postroom.test",
        .size = i,
      };
      g_autoptr (GPtrArray) found = engine_faults_find (faults, &moment);
      g_assert_true (found == NULL || found->len > 0);
    }
  return 0;
}
