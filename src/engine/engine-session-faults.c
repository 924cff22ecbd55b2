/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

/* Faults on demand, as far as they are the same for SMTP and POP3. */

#include "engine-session-private.h"

#include <string.h>

/* "127.0.0.1:40312" as "127.0.0.1", "[::1]:40312" as "::1". */
static char *
dup_client (EngineSession *session)
{
  const char *remote = net_link_get_remote (session->link);
  const char *colon = remote != NULL ? strrchr (remote, ':') : NULL;

  if (colon == NULL)
    return g_strdup (remote);
  if (*remote == '[' && colon > remote + 1)
    return g_strndup (remote + 1, (gsize) (colon - remote) - 2);
  return g_strndup (remote, (gsize) (colon - remote));
}

static gboolean
is_final (const EngineFaultRule *rule)
{
  return rule->action == ENGINE_FAULT_REPLY || rule->action == ENGINE_FAULT_TRUNCATE
         || rule->action == ENGINE_FAULT_GREYLIST
         || (rule->action == ENGINE_FAULT_DROP && rule->amount > 0);
}

static void
drop (EngineSession *session)
{
  session->dropped = TRUE;
  if (net_link_is_started (session->link))
    net_link_abort (session->link);
}

static void
apply (EngineSession *session, const EngineFaultRule *rule)
{
  switch (rule->action)
    {
    case ENGINE_FAULT_DELAY:
      net_link_hold (session->link, (gint64) rule->amount);
      break;
    case ENGINE_FAULT_THROTTLE:
      net_link_throttle (session->link, rule->amount);
      break;
    case ENGINE_FAULT_HALF_CLOSE:
      net_link_half_close (session->link);
      break;
    case ENGINE_FAULT_DROP:
      if (rule->amount == 0)
        drop (session);
      break;
    case ENGINE_FAULT_REPLY:
    case ENGINE_FAULT_TRUNCATE:
    case ENGINE_FAULT_GREYLIST:
      break;
    }
}

void
engine_session_note_fault (EngineSession *session, const char *text)
{
  g_autofree char *note = g_strconcat ("fault injected: ", text, NULL);

  engine_service_count (session->service, ENGINE_COUNT_FAULTS, 1);
  engine_session_log (session, ENGINE_LOG_INFO, "fault", "rule", text, NULL);
  if (session->journal != NULL)
    engine_journal_session_note (session->journal, note);
}

EngineFaultRule *
engine_session_find_fault (EngineSession *session, EngineFaultMoment *moment)
{
  EngineFaults *faults = engine_service_get_faults (session->service);
  EngineFaultRule *final = NULL;

  if (!engine_faults_is_active (faults) || session->link == NULL)
    return NULL;
  g_autofree char *client = dup_client (session);
  moment->client = client;
  if (moment->user == NULL)
    moment->user = session->user;
  g_autoptr (GPtrArray) rules = engine_faults_find (faults, moment);
  moment->client = NULL;
  for (guint i = 0; rules != NULL && i < rules->len; i++)
    {
      EngineFaultRule *rule = rules->pdata[i];

      engine_session_note_fault (session, rule->text);
      apply (session, rule);
      if (is_final (rule))
        final = engine_fault_rule_ref (rule);
    }
  return final;
}

void
engine_session_fault_connect (EngineSession *session)
{
  EngineFaultMoment moment = {
    .smtp = g_str_equal (session->klass->protocol, "SMTP"),
    .command = "connect",
  };
  g_autoptr (EngineFaultRule) rule = engine_session_find_fault (session, &moment);

  if (rule != NULL && rule->action == ENGINE_FAULT_REPLY)
    session->klass->turn_away (session, rule);
}
