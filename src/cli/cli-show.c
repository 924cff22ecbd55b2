/* SPDX-License-Identifier: MIT */
#include "cli-letter.h"
#include "cli-output.h"

#include <base-text.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static gboolean headers;
static gboolean text;
static gboolean html;
static gboolean parts;
static gboolean source;
static char *directory;
static int part_number;

static const GOptionEntry options[] = {
  { "headers", 0, 0, G_OPTION_ARG_NONE, &headers, N_ ("All headers, decoded"), NULL },
  { "text", 0, 0, G_OPTION_ARG_NONE, &text, N_ ("The text alone"), NULL },
  { "html", 0, 0, G_OPTION_ARG_NONE, &html, N_ ("The HTML as it was sent"), NULL },
  { "parts", 0, 0, G_OPTION_ARG_NONE, &parts, N_ ("The MIME parts"), NULL },
  { "source", 0, 0, G_OPTION_ARG_NONE, &source, N_ ("The .eml, byte for byte"), NULL },
  { "save", 0, 0, G_OPTION_ARG_FILENAME, &directory,
    N_ ("Save the attachments in DIR, never over a file that is there"), "DIR" },
  { "part", 0, 0, G_OPTION_ARG_INT, &part_number, N_ ("With --save: only part N of --parts"), "N" },
  G_OPTION_ENTRY_NULL,
};

static void
print_block (const char *block)
{
  g_autofree char *shown = base_text_escape_lines (block, -1);
  gsize length = strlen (shown);

  g_print ("%s%s", shown, length > 0 && shown[length - 1] != '\n' ? "\n" : "");
}

static gboolean
write_all (int fd, const guint8 *data, gsize length)
{
  while (length > 0)
    {
      gssize written = write (fd, data, length);
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return FALSE;
      data += written;
      length -= (gsize) written;
    }
  return TRUE;
}

static CliExit
print_bytes (GBytes *bytes)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);

  fflush (stdout);
  if (write_all (STDOUT_FILENO, data, length))
    return CLI_EXIT_OK;
  g_printerr ("postroom-cli: %s\n", g_strerror (errno));
  return CLI_EXIT_STORE;
}

/* A new file named as the part is, or "name (2)" where that is taken. */
static int
create_file (const char *name, char **path)
{
  const char *dot = strrchr (name, '.');
  gsize stem = dot != NULL && dot != name ? (gsize) (dot - name) : strlen (name);

  for (guint i = 1; i < 1000; i++)
    {
      g_autofree char *candidate
          = i == 1 ? g_strdup (name)
                   : g_strdup_printf ("%.*s (%u)%s", (int) stem, name, i, name + stem);
      g_free (*path);
      *path = g_build_filename (directory, candidate, NULL);
      int fd = open (*path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
      if (fd >= 0 || errno != EEXIST)
        return fd;
    }
  errno = EEXIST;
  return -1;
}

static CliExit
save_part (MessagePart *part, guint number)
{
  g_autofree char *fallback = g_strdup_printf ("part-%u", number);
  const char *name = message_part_get_file_name (part);
  g_autofree char *path = NULL;
  gsize length;
  const guint8 *data = g_bytes_get_data (message_part_get_bytes (part), &length);

  int fd = create_file (name != NULL ? name : fallback, &path);
  gboolean written = fd >= 0 && write_all (fd, data, length);
  int code = errno;
  if (fd >= 0 && close (fd) != 0 && written)
    {
      written = FALSE;
      code = errno;
    }
  if (!written)
    {
      g_printerr ("postroom-cli: %s: %s\n", path, g_strerror (code));
      return CLI_EXIT_STORE;
    }
  cli_print ("%s", path);
  return CLI_EXIT_OK;
}

static CliExit
save (MessageLetter *letter)
{
  GPtrArray *all = part_number > 0 ? message_letter_get_parts (letter)
                                   : message_letter_get_attachments (letter);
  CliExit code = CLI_EXIT_OK;

  if (g_mkdir_with_parents (directory, 0755) != 0)
    {
      g_printerr ("postroom-cli: %s: %s\n", directory, g_strerror (errno));
      return CLI_EXIT_STORE;
    }
  if (part_number < 0 || part_number > (int) all->len)
    {
      g_printerr (_ ("postroom-cli: The letter has %u parts, no part %d\n"), all->len, part_number);
      return CLI_EXIT_NOT_FOUND;
    }
  for (guint i = 0; i < all->len && code == CLI_EXIT_OK; i++)
    if (part_number == 0 || (int) i + 1 == part_number)
      code = save_part (g_ptr_array_index (all, i), i + 1);
  if (all->len == 0)
    cli_print (_ ("It has no attachments."));
  return code;
}

static void
print_parts (MessageLetter *letter)
{
  GPtrArray *all = message_letter_get_parts (letter);

  for (guint i = 0; i < all->len; i++)
    {
      MessagePart *part = g_ptr_array_index (all, i);
      const char *name = message_part_get_file_name (part);
      g_autofree char *size = base_text_size (message_part_get_size (part));
      cli_print ("%3u %*s%s  %s  %s%s", i + 1, (int) message_part_get_depth (part) * 2, "",
                 message_part_get_content_type (part), size, name != NULL ? name : "",
                 message_part_is_attachment (part) ? _ (" (attachment)") : "");
    }
}

static void
print_json (const StoreLetter *row, MessageLetter *letter)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  GPtrArray *all = message_letter_get_parts (letter);
  g_autofree char *body = message_letter_dup_text (letter);
  g_autofree char *lines = message_letter_dup_headers (letter);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "letter");
  cli_json_letter (builder, row);
  cli_json_string (builder, "headers", lines);
  cli_json_string (builder, "text", body);
  cli_json_string (builder, "html", message_letter_get_html (letter));
  json_builder_set_member_name (builder, "parts");
  json_builder_begin_array (builder);
  for (guint i = 0; i < all->len; i++)
    {
      MessagePart *part = g_ptr_array_index (all, i);
      json_builder_begin_object (builder);
      cli_json_int (builder, "part", i + 1);
      cli_json_string (builder, "type", message_part_get_content_type (part));
      cli_json_string (builder, "name", message_part_get_file_name (part));
      cli_json_int (builder, "size", (gint64) message_part_get_size (part));
      cli_json_boolean (builder, "attachment", message_part_is_attachment (part));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  cli_print_json (builder);
}

static void
print_letter (MessageLetter *letter)
{
  static const char *const names[] = { "From", "To", "Cc", "Date", "Subject" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const char *value = message_letter_get_header (letter, names[i]);
      if (value != NULL)
        {
          g_autofree char *shown = base_text_escape (value, -1);
          cli_print ("%s: %s", names[i], shown);
        }
    }
  g_autofree char *body = message_letter_dup_text (letter);
  g_print ("\n");
  print_block (body);
  if (message_letter_get_attachments (letter)->len > 0)
    {
      g_print ("\n");
      print_parts (letter);
    }
}

static CliExit
print_chosen (CliRun *run, const StoreLetter *row, MessageLetter *letter)
{
  if (source)
    return print_bytes (message_letter_get_source (letter));
  if (directory != NULL)
    return save (letter);
  if (run->json)
    print_json (row, letter);
  else if (headers)
    {
      g_autofree char *lines = message_letter_dup_headers (letter);
      print_block (lines);
    }
  else if (text)
    {
      g_autofree char *body = message_letter_dup_text (letter);
      print_block (body);
    }
  else if (html && message_letter_get_html (letter) == NULL)
    {
      g_printerr ("postroom-cli: %s\n", _ ("The letter has no HTML"));
      return CLI_EXIT_NOT_FOUND;
    }
  else if (html)
    print_block (message_letter_get_html (letter));
  else if (parts)
    print_parts (letter);
  else
    print_letter (letter);
  return CLI_EXIT_OK;
}

static CliExit
show (CliRun *run, char **arguments)
{
  g_autoptr (GArray) ids = cli_letter_parse_ids (arguments);
  g_autoptr (GError) error = NULL;
  StoreLetter *row = NULL;

  if (ids == NULL || ids->len != 1)
    return cli_fail_usage (_ ("Name one letter by the number that “postroom-cli list” prints"));
  g_autoptr (MessageLetter) letter
      = cli_letter_read (run, g_array_index (ids, gint64, 0), &row, &error);
  if (letter == NULL)
    return cli_fail (error);
  CliExit code = print_chosen (run, row, letter);
  store_letter_free (row);
  return code;
}

const CliVerb cli_show_verb = {
  .name = "show",
  .arguments = "ID",
  .summary = N_ ("Show a letter, its parts or its source; save its attachments"),
  .options = options,
  .run = show,
};
