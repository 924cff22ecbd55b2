/* SPDX-License-Identifier: MIT */
#include "cli-settings.h"

#include "cli-log.h"

#include <base-text.h>
#include <engine-error.h>

#include <glib/gi18n.h>
#include <string.h>

typedef enum
{
  TEXT,   /* char * */
  PATH,   /* char *, of the file's directory */
  PORT,   /* guint16 */
  SWITCH, /* gboolean */
  LEVEL,  /* char * */
  FORMAT, /* char * */
  NUMBER, /* guint64 */
  COUNT,  /* guint */
} Kind;

typedef struct
{
  const char *group;
  const char *key;
  Kind kind;
  gboolean in_server; /* the offset is in the EngineServerConfig */
  gsize offset;
} Setting;

#define SERVER(member) TRUE, offsetof (EngineServerConfig, member)
#define OWN(member)    FALSE, offsetof (CliSettings, member)

/* Its keys are those of engine_server_limits_get_name(). */
#define LIMITS "limits"

static const Setting known[] = {
  { "server", "domain", TEXT, SERVER (domain) },
  { "server", "address", TEXT, SERVER (address) },
  { "server", "catch-all", TEXT, SERVER (catch_all) },
  { "server", "max-size", NUMBER, SERVER (max_size) },
  { "server", "keep-days", COUNT, SERVER (keep_days) },
  { "server", "keep-letters", COUNT, SERVER (keep_letters) },
  { "server", "judge", SWITCH, SERVER (judge) },
  { "ports", "smtp", PORT, SERVER (ports[ENGINE_PORT_SMTP]) },
  { "ports", "smtps", PORT, SERVER (ports[ENGINE_PORT_SMTPS]) },
  { "ports", "submission", PORT, SERVER (ports[ENGINE_PORT_SUBMISSION]) },
  { "ports", "pop3", PORT, SERVER (ports[ENGINE_PORT_POP3]) },
  { "ports", "pop3s", PORT, SERVER (ports[ENGINE_PORT_POP3S]) },
  { "tls", "certificate", PATH, SERVER (certificate_file) },
  { "tls", "key", PATH, SERVER (key_file) },
  { "teaching", "auth-in-clear", SWITCH, SERVER (auth_in_clear) },
  { "teaching", "demonstration-auth", SWITCH, SERVER (demonstration_auth) },
  { "teaching", "offer-expn", SWITCH, SERVER (offer_expn) },
  { "teaching", "lenient-endings", SWITCH, SERVER (lenient_endings) },
  { "faults", "file", PATH, OWN (faults_file) },
  { "faults", "seed", NUMBER, OWN (fault_seed) },
  { "faults", "magic-recipients", SWITCH, OWN (magic_recipients) },
  { "log", "file", PATH, OWN (log_file) },
  { "log", "level", LEVEL, OWN (log_level) },
  { "log", "format", FORMAT, OWN (log_format) },
};

static gpointer
place_of (const CliSettings *settings, const Setting *setting)
{
  guint8 *base = setting->in_server ? (guint8 *) settings->server : (guint8 *) settings;

  return base + setting->offset;
}

/* ---- what is wrong, and where ---- */

/* The line of @key in [@group], or of the group itself with @key NULL; 0 when it is not seen. */
static guint
find_line (const char *text, const char *group, const char *key)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree char *head = g_strdup_printf ("[%s]", group);
  gboolean inside = FALSE;
  guint found = 0;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = g_strstrip (lines[i]);
      if (*line == '[')
        inside = g_str_has_prefix (line, head);
      if (!inside)
        continue;
      if (key == NULL)
        return i + 1;
      char *equals = strchr (line, '=');
      if (equals == NULL)
        continue;
      *equals = '\0';
      if (g_str_equal (g_strchomp (line), key))
        found = i + 1; /* the last one counts */
    }
  return found;
}

/* @words take the place of “…” with what is wrong in it. */
static gboolean
complain (GError **error, guint line, const char *what, const char *words)
{
  g_autofree char *shown = base_text_escape (what, -1);

  g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, _ ("Line %u: “%s”: %s"), line, shown,
               words);
  return FALSE;
}

/* ---- reading ---- */

static gboolean
take_number (const char *text, guint64 most, guint64 *value)
{
  return g_ascii_string_to_unsigned (text, 10, 0, most, value, NULL);
}

static void
take_text (char **place, const char *text, const char *directory)
{
  g_free (*place);
  if (*text == '\0')
    *place = NULL;
  else if (g_str_equal (text, "-") || g_str_equal (text, "journal"))
    *place = g_strdup (text); /* a log that is no file */
  else
    *place = directory != NULL ? g_canonicalize_filename (text, directory) : g_strdup (text);
}

/* NULL: taken; else why not. */
static const char *
take_value (gpointer place, Kind kind, const char *text, const char *directory)
{
  guint64 number;

  switch (kind)
    {
    case TEXT:
      take_text (place, text, NULL);
      return NULL;
    case PATH:
      take_text (place, text, directory);
      return NULL;
    case PORT:
      if (!take_number (text, G_MAXUINT16, &number))
        return _ ("A port is a number from 0 to 65535");
      *(guint16 *) place = (guint16) number;
      return NULL;
    case SWITCH:
      if (!g_str_equal (text, "true") && !g_str_equal (text, "false"))
        return _ ("This is true or false");
      *(gboolean *) place = g_str_equal (text, "true");
      return NULL;
    case LEVEL:
      if (!cli_log_is_level (text))
        return _ ("A level is error, warning, info or debug");
      take_text (place, text, NULL);
      return NULL;
    case FORMAT:
      if (!cli_log_is_format (text))
        return _ ("A format is text or json");
      take_text (place, text, NULL);
      return NULL;
    case NUMBER:
      if (!take_number (text, G_MAXINT64, &number))
        return _ ("A number is wanted here");
      *(guint64 *) place = number;
      return NULL;
    case COUNT:
      if (!take_number (text, G_MAXUINT, &number))
        return _ ("A number is wanted here");
      *(guint *) place = (guint) number;
      return NULL;
    }
  g_assert_not_reached ();
}

static const Setting *
find_setting (const char *group, const char *key)
{
  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (known[i].group, group) && (key == NULL || g_str_equal (known[i].key, key)))
      return &known[i];
  return NULL;
}

static gboolean
read_limits (CliSettings *settings, GKeyFile *file, const char *text, GError **error)
{
  g_auto (GStrv) keys = g_key_file_get_keys (file, LIMITS, NULL, NULL);

  for (guint i = 0; keys != NULL && keys[i] != NULL; i++)
    {
      g_autofree char *value = g_key_file_get_value (file, LIMITS, keys[i], NULL);
      g_autoptr (GError) local = NULL;
      if (!engine_server_limits_set (&settings->server->limits, keys[i], value, &local))
        return complain (error, find_line (text, LIMITS, keys[i]), keys[i], local->message);
    }
  return TRUE;
}

static gboolean
read_group (CliSettings *settings,
            GKeyFile *file,
            const char *text,
            const char *group,
            const char *directory,
            GError **error)
{
  g_auto (GStrv) keys = g_key_file_get_keys (file, group, NULL, NULL);

  if (g_str_equal (group, LIMITS))
    return read_limits (settings, file, text, error);
  if (find_setting (group, NULL) == NULL)
    return complain (error, find_line (text, group, NULL), group,
                     _ ("There is no such group of settings"));
  for (guint i = 0; keys != NULL && keys[i] != NULL; i++)
    {
      const Setting *setting = find_setting (group, keys[i]);
      guint line = find_line (text, group, keys[i]);
      g_autoptr (GError) local = NULL;
      g_autofree char *value = g_key_file_get_string (file, group, keys[i], &local);
      const char *wrong = NULL;

      if (setting == NULL)
        return complain (error, line, keys[i], _ ("There is no such setting"));
      if (value == NULL)
        return complain (error, line, keys[i], local->message);
      wrong = take_value (place_of (settings, setting), setting->kind, value, directory);
      if (wrong != NULL)
        return complain (error, line, value, wrong);
    }
  return TRUE;
}

/* ---- public ---- */

CliSettings *
cli_settings_new (void)
{
  CliSettings *settings = g_new0 (CliSettings, 1);

  settings->server = engine_server_config_new ();
  settings->fault_seed = 1;
  settings->log_level = g_strdup ("info");
  settings->log_format = g_strdup ("text");
  return settings;
}

void
cli_settings_free (CliSettings *settings)
{
  g_clear_pointer (&settings->server, engine_server_config_free);
  g_free (settings->faults_file);
  g_free (settings->log_file);
  g_free (settings->log_level);
  g_free (settings->log_format);
  g_free (settings);
}

gboolean
cli_settings_read (CliSettings *settings, const char *path, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *text = NULL;
  g_autofree char *whole = g_canonicalize_filename (path, NULL);
  g_autofree char *directory = g_path_get_dirname (whole);
  g_auto (GStrv) groups = NULL;
  gboolean good = TRUE;

  if (!g_file_get_contents (path, &text, NULL, error))
    return FALSE;
  if (!g_key_file_load_from_data (file, text, (gsize) -1, G_KEY_FILE_NONE, error))
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  groups = g_key_file_get_groups (file, NULL);
  for (guint i = 0; groups[i] != NULL && good; i++)
    good = read_group (settings, file, text, groups[i], directory, error);
  if (!good)
    g_prefix_error (error, "%s: ", path);
  return good;
}

char *
cli_settings_print (const CliSettings *settings)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    {
      const Setting *one = &known[i];
      gpointer place = place_of (settings, one);

      if (one->kind == SWITCH)
        g_key_file_set_boolean (file, one->group, one->key, *(gboolean *) place);
      else if (one->kind == PORT)
        g_key_file_set_integer (file, one->group, one->key, *(guint16 *) place);
      else if (one->kind == NUMBER)
        g_key_file_set_uint64 (file, one->group, one->key, *(guint64 *) place);
      else if (one->kind == COUNT)
        g_key_file_set_uint64 (file, one->group, one->key, *(guint *) place);
      else
        g_key_file_set_string (file, one->group, one->key,
                               *(char **) place != NULL ? *(char **) place : "");
    }
  for (guint i = 0; engine_server_limits_get_name (i) != NULL; i++)
    g_key_file_set_uint64 (file, LIMITS, engine_server_limits_get_name (i),
                           engine_server_limits_get (&settings->server->limits, i));
  return g_key_file_to_data (file, NULL, NULL);
}
