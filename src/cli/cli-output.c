/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <base-text.h>

#include <glib/gi18n.h>
#include <stdio.h>
#include <unistd.h>

static CliExit
exit_code (const GError *error)
{
  if (error->domain == ENGINE_ERROR)
    switch ((EngineError) error->code)
      {
      case ENGINE_ERROR_NETWORK:
      case ENGINE_ERROR_CERTIFICATE:
        return CLI_EXIT_NETWORK;
      case ENGINE_ERROR_AUTH:
      case ENGINE_ERROR_SIGN_IN:
        return CLI_EXIT_PERMISSION;
      case ENGINE_ERROR_REFUSED:
      case ENGINE_ERROR_PROTOCOL:
        return CLI_EXIT_PROTOCOL;
      case ENGINE_ERROR_STORE:
        return CLI_EXIT_STORE;
      case ENGINE_ERROR_NOT_FOUND:
        return CLI_EXIT_NOT_FOUND;
      case ENGINE_ERROR_EXISTS:
      case ENGINE_ERROR_INVALID:
        return CLI_EXIT_DATA;
      case ENGINE_ERROR_BUSY:
      case ENGINE_ERROR_IN_DOUBT:
        return CLI_EXIT_TEMPORARY;
      }
  if (error->domain == G_OPTION_ERROR)
    return CLI_EXIT_USAGE;
  if (error->domain == MESSAGE_ERROR)
    return CLI_EXIT_DATA;
  return CLI_EXIT_FAILURE;
}

CliExit
cli_fail (const GError *error)
{
  g_autofree char *words = base_text_escape_lines (error->message, -1);

  g_printerr ("postroom-cli: %s\n", words);
  return exit_code (error);
}

CliExit
cli_fail_usage (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_printerr ("postroom-cli: %s\n%s\n", text, _ ("See “postroom-cli --help”."));
  return CLI_EXIT_USAGE;
}

gboolean
cli_may_colour (void)
{
  const char *no = g_getenv ("NO_COLOR");
  const char *force = g_getenv ("CLICOLOR_FORCE");

  if (no != NULL && *no != '\0')
    return FALSE;
  if (force != NULL && *force != '\0' && !g_str_equal (force, "0"))
    return TRUE;
  return isatty (STDOUT_FILENO) && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
}

void
cli_print (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_autofree char *shown = base_text_escape_lines (text, -1);
  g_print ("%s\n", shown);
  fflush (stdout);
}

void
cli_print_json (JsonBuilder *builder)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  g_autofree char *text = json_generator_to_data (generator, NULL);
  g_print ("%s\n", text);
  fflush (stdout);
}

void
cli_json_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  if (value == NULL)
    json_builder_add_null_value (builder);
  else
    {
      g_autofree char *valid = g_utf8_make_valid (value, -1);
      json_builder_add_string_value (builder, valid);
    }
}

void
cli_json_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

void
cli_json_boolean (JsonBuilder *builder, const char *name, gboolean value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

void
cli_json_time (JsonBuilder *builder, const char *name, gint64 seconds)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);
  g_autofree char *text = time != NULL ? g_date_time_format_iso8601 (time) : NULL;

  cli_json_string (builder, name, text);
}

void
cli_json_letter (JsonBuilder *builder, const StoreLetter *letter)
{
  json_builder_begin_object (builder);
  cli_json_int (builder, "id", letter->id);
  cli_json_string (builder, "folder", store_folder_get_name (letter->folder));
  cli_json_int (builder, "account", letter->account);
  cli_json_string (builder, "message_id", letter->message_id);
  cli_json_string (builder, "from", letter->from);
  cli_json_string (builder, "to", letter->to);
  cli_json_string (builder, "subject", letter->subject);
  cli_json_time (builder, "date", letter->date);
  cli_json_int (builder, "size", (gint64) letter->size);
  if (letter->partial > 0)
    cli_json_int (builder, "partial_of", (gint64) letter->partial);
  cli_json_boolean (builder, "seen", letter->seen);
  cli_json_boolean (builder, "attachments", letter->has_attachments);
  cli_json_string (builder, "snippet", letter->snippet);
  cli_json_string (builder, "path", letter->path);
  json_builder_end_object (builder);
}

char *
cli_format_time (gint64 seconds)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (seconds);

  return time != NULL ? g_date_time_format (time, "%Y-%m-%d %H:%M") : g_strdup ("-");
}
