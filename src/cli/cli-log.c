/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom"

#include "cli-log.h"

#include <engine-error.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

struct _CliLog
{
  GMutex mutex;
  char *path; /* NULL: no file */
  int fd;     /* -1: the journal */
  EngineLogLevel level;
  gboolean json;
};

static const char *const levels[] = { "error", "warning", "info", "debug" };
static const char *const priorities[] = { "3", "4", "6", "7" };

static int
find_level (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    if (g_str_equal (levels[i], name))
      return (int) i;
  return -1;
}

static int
open_file (const char *path, GError **error)
{
  int fd = g_open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

  if (fd < 0)
    g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_STORE, _ ("The log “%s” cannot be written: %s"),
                 path, g_strerror (errno));
  return fd;
}

/* ---- one line ---- */

static char *
make_time (void)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();

  return g_date_time_format (now, "%Y-%m-%dT%H:%M:%S.%fZ");
}

/* The values are printable already; a quote must not end them too early. */
static void
append_value (GString *line, GVariant *value)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    {
      g_string_append_printf (line, "%" G_GUINT64_FORMAT, g_variant_get_uint64 (value));
      return;
    }
  g_string_append_c (line, '"');
  for (const char *p = g_variant_get_string (value, NULL); *p != '\0'; p++)
    {
      if (*p == '"')
        g_string_append_c (line, '\\');
      g_string_append_c (line, *p);
    }
  g_string_append_c (line, '"');
}

static GString *
make_text (const char *event, GVariant *fields)
{
  GString *line = g_string_new (event);
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, fields);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    {
      g_string_append_printf (line, " %s=", key);
      append_value (line, value);
    }
  return line;
}

static GString *
make_json (EngineLogLevel level, const char *event, GVariant *fields, const char *time)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  GVariantIter iter;
  const char *key;
  GVariant *value;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "time");
  json_builder_add_string_value (builder, time);
  json_builder_set_member_name (builder, "level");
  json_builder_add_string_value (builder, levels[level]);
  json_builder_set_member_name (builder, "event");
  json_builder_add_string_value (builder, event);
  g_variant_iter_init (&iter, fields);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    {
      json_builder_set_member_name (builder, key);
      if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
        json_builder_add_string_value (builder, g_variant_get_string (value, NULL));
      else
        json_builder_add_int_value (builder, (gint64) g_variant_get_uint64 (value));
    }
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (root, FALSE);
  return g_string_new (text);
}

/* ---- systemd's journal ---- */

static void
write_to_journal (EngineLogLevel level, const char *event, GVariant *fields)
{
  g_autoptr (GString) message = make_text (event, fields);
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) array = g_array_new (FALSE, FALSE, sizeof (GLogField));
  GVariantIter iter;
  const char *key;
  GVariant *value;
  const GLogField first[] = { { "MESSAGE", message->str, -1 },
                              { "PRIORITY", priorities[level], -1 },
                              { "SYSLOG_IDENTIFIER", "postroom", -1 },
                              { "POSTROOM_EVENT", event, -1 } };

  g_array_append_vals (array, first, G_N_ELEMENTS (first));
  g_variant_iter_init (&iter, fields);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    {
      g_autofree char *upper = g_ascii_strup (key, -1);
      char *name = g_strconcat ("POSTROOM_", upper, NULL);
      char *text = g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)
                       ? g_variant_dup_string (value, NULL)
                       : g_strdup_printf ("%" G_GUINT64_FORMAT, g_variant_get_uint64 (value));
      const GLogField field = { name, text, -1 };
      g_ptr_array_add (texts, name);
      g_ptr_array_add (texts, text);
      g_array_append_val (array, field);
    }
  g_log_writer_journald (level == ENGINE_LOG_ERROR ? G_LOG_LEVEL_CRITICAL : G_LOG_LEVEL_INFO,
                         (const GLogField *) (gpointer) array->data, array->len, NULL);
}

/* ---- public ---- */

void
cli_log_write (EngineLogLevel level, const char *event, GVariant *fields, gpointer data)
{
  CliLog *log = data;
  g_autofree char *time = NULL;
  g_autoptr (GString) line = NULL;

  if (level > log->level)
    return;
  if (log->fd < 0)
    {
      write_to_journal (level, event, fields);
      return;
    }
  time = make_time ();
  if (log->json)
    line = make_json (level, event, fields, time);
  else
    {
      g_autofree char *head = g_strdup_printf ("%s %s ", time, levels[level]);
      line = make_text (event, fields);
      g_string_prepend (line, head);
    }
  g_string_append_c (line, '\n');
  g_mutex_lock (&log->mutex);
  /* One call for a line: nothing comes between. A log that cannot be written stops no letter. */
  gssize written = write (log->fd, line->str, line->len);
  g_mutex_unlock (&log->mutex);
  if (written < 0)
    g_debug ("The log was not written: %s", g_strerror (errno));
}

CliLog *
cli_log_new (const char *file, const char *level, const char *format, GError **error)
{
  gboolean to_journal = file == NULL || g_str_equal (file, "journal");
  CliLog *log = NULL;
  int fd = -1;

  if (file == NULL && !g_log_writer_is_journald (STDERR_FILENO))
    return NULL;
  if (!to_journal)
    {
      fd = g_str_equal (file, "-") ? dup (STDERR_FILENO) : open_file (file, error);
      if (fd < 0)
        return NULL;
    }
  log = g_new0 (CliLog, 1);
  g_mutex_init (&log->mutex);
  log->fd = fd;
  log->path = to_journal || g_str_equal (file, "-") ? NULL : g_strdup (file);
  log->level = level != NULL ? (EngineLogLevel) MAX (find_level (level), 0) : ENGINE_LOG_INFO;
  log->json = g_strcmp0 (format, "json") == 0;
  return log;
}

void
cli_log_free (CliLog *log)
{
  if (log->fd >= 0)
    close (log->fd);
  g_mutex_clear (&log->mutex);
  g_free (log->path);
  g_free (log);
}

gboolean
cli_log_reopen (CliLog *log, GError **error)
{
  int fd = -1;

  if (log->path == NULL)
    return TRUE;
  fd = open_file (log->path, error);
  if (fd < 0)
    return FALSE;
  g_mutex_lock (&log->mutex);
  close (log->fd);
  log->fd = fd;
  g_mutex_unlock (&log->mutex);
  return TRUE;
}

gboolean
cli_log_is_level (const char *level)
{
  return find_level (level) >= 0;
}

gboolean
cli_log_is_format (const char *format)
{
  return g_str_equal (format, "text") || g_str_equal (format, "json");
}
