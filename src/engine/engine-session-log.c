/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-session-private.h"

#include "engine-server-config-private.h"

#include <base-text.h>

static void
add_text (GVariantBuilder *fields, const char *key, const char *text)
{
  g_autofree char *shown = text != NULL ? base_text_escape (text, -1) : NULL;

  if (shown != NULL)
    g_variant_builder_add (fields, "{sv}", key, g_variant_new_string (shown));
}

static void
add_number (GVariantBuilder *fields, const char *key, guint64 number)
{
  g_variant_builder_add (fields, "{sv}", key, g_variant_new_uint64 (number));
}

void
engine_session_log (EngineSession *session,
                    EngineLogLevel level,
                    const char *event,
                    const char *key,
                    ...)
{
  gpointer user_data = NULL;
  EngineLogSink sink = engine_service_get_log (session->service, &user_data);
  GVariantBuilder fields;
  va_list more;

  if (sink == NULL || session->link == NULL)
    return;
  g_variant_builder_init (&fields, G_VARIANT_TYPE_VARDICT);
  if (session->journal != NULL)
    add_number (&fields, "session", engine_journal_session_get_number (session->journal));
  add_text (&fields, "protocol", session->klass->protocol);
  add_text (&fields, "port", engine_server_config_get_port_name (session->port));
  add_text (&fields, "remote", net_link_get_remote (session->link));
  add_text (&fields, "user", session->user);
  va_start (more, key);
  for (; key != NULL; key = va_arg (more, const char *))
    {
      if (*key == '#')
        add_number (&fields, key + 1, va_arg (more, guint64));
      else
        add_text (&fields, key, va_arg (more, const char *));
    }
  va_end (more);
  g_autoptr (GVariant) dict = g_variant_ref_sink (g_variant_builder_end (&fields));
  sink (level, event, dict, user_data);
}
