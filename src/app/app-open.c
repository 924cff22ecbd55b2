/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

#include "app-open.h"

#include "app-composer.h"
#include "app-letter-window.h"

#include <glib/gi18n.h>
#include <string.h>

/* Like a query of HTTP's, but "+" is a plus; a field given twice counts once, the last. */
static GHashTable *
parse_fields (const char *query)
{
  GHashTable *fields = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (GStrv) pairs = g_strsplit (query, "&", -1);

  for (char **pair = pairs; *pair; pair++)
    {
      char *equals = strchr (*pair, '=');
      g_autofree char *name = NULL;
      char *value;

      if (!equals)
        continue;
      *equals = '\0';
      name = g_uri_unescape_string (*pair, NULL);
      value = g_uri_unescape_string (equals + 1, NULL);
      if (name && value && g_utf8_validate (value, -1, NULL))
        g_hash_table_insert (fields, g_ascii_strdown (name, -1), g_steal_pointer (&value));
      g_free (value);
    }
  return fields;
}

/* The addresses before the "?" and those of "to=" are one list. */
static char *
join_recipients (const char *path, const char *field)
{
  g_autofree char *first = g_uri_unescape_string (path, NULL);

  if (!first || !g_utf8_validate (first, -1, NULL))
    return g_strdup (field);
  if (!*first || !field || !*field)
    return *first ? g_steal_pointer (&first) : g_strdup (field);
  return g_strconcat (first, ", ", field, NULL);
}

static void
open_mailto (AppApplication *application, const char *address)
{
  g_autofree char *rest = g_strndup (address, strcspn (address, "#"));
  char *query = strchr (rest, '?');
  g_autoptr (GHashTable) fields = NULL;
  g_autofree char *to = NULL;
  AppComposerStart start = { .kind = APP_COMPOSER_MAILTO };
  EngineOffice *office = app_application_get_office (application);

  if (!app_application_present (application))
    return;
  if (g_list_model_get_n_items (G_LIST_MODEL (engine_office_get_accounts (office))) == 0)
    {
      app_application_say (application, _ ("Add a mail account first"));
      return;
    }
  if (query)
    *query++ = '\0';
  fields = parse_fields (query ? query : "");
  start.to = to = join_recipients (rest, g_hash_table_lookup (fields, "to"));
  start.cc = g_hash_table_lookup (fields, "cc");
  start.subject = g_hash_table_lookup (fields, "subject");
  start.text = g_hash_table_lookup (fields, "body");
  app_composer_open (application, &start);
}

void
app_open (AppApplication *application, GFile *file)
{
  if (g_file_has_uri_scheme (file, "mailto"))
    {
      g_autofree char *uri = g_file_get_uri (file);

      open_mailto (application, uri + strlen ("mailto:"));
    }
  else
    app_letter_window_open (application, file);
}
