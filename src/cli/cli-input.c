/* SPDX-License-Identifier: MIT */
#include "cli-input.h"

#include <base-secret.h>

#include <errno.h>
#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define MAX_PASSWORD 1024

static char *
first_line (FILE *file, GError **error)
{
  g_autofree char *line = g_malloc0 (MAX_PASSWORD + 2);

  if (fgets (line, MAX_PASSWORD + 2, file) == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _ ("No password was given"));
      return NULL;
    }
  line[strcspn (line, "\r\n")] = '\0';
  if (*line == '\0' || strlen (line) > MAX_PASSWORD)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _ ("A password has 1 to %d octets"),
                   MAX_PASSWORD);
      base_secret_wipe (line, MAX_PASSWORD);
      return NULL;
    }
  return g_steal_pointer (&line);
}

static char *
ask_terminal (const char *prompt, GError **error)
{
  struct termios before;
  gboolean is_terminal = tcgetattr (STDIN_FILENO, &before) == 0;

  fprintf (stderr, "%s ", prompt);
  fflush (stderr);
  if (is_terminal)
    {
      struct termios silent = before;
      silent.c_lflag &= ~(tcflag_t) ECHO;
      tcsetattr (STDIN_FILENO, TCSAFLUSH, &silent);
    }
  char *line = first_line (stdin, error);
  if (is_terminal)
    tcsetattr (STDIN_FILENO, TCSAFLUSH, &before);
  fputc ('\n', stderr);
  return line;
}

char *
cli_read_password (const char *file, const char *prompt, gboolean confirm, GError **error)
{
  if (file != NULL && !g_str_equal (file, "-"))
    {
      FILE *stream = fopen (file, "re");
      if (stream == NULL)
        {
          int code = errno;
          g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
                       _ ("The password file “%s” cannot be read: %s"), file, g_strerror (code));
          return NULL;
        }
      char *line = first_line (stream, error);
      fclose (stream);
      return line;
    }
  if (file != NULL || !isatty (STDIN_FILENO))
    return first_line (stdin, error);

  char *password = ask_terminal (prompt, error);
  if (password == NULL || !confirm)
    return password;

  char *again = ask_terminal (_ ("And once more:"), error);
  if (again != NULL && !g_str_equal (again, password))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                           _ ("The two passwords are not the same"));
      base_secret_wipe (password, strlen (password));
      g_clear_pointer (&password, g_free);
    }
  else if (again == NULL)
    {
      base_secret_wipe (password, strlen (password));
      g_clear_pointer (&password, g_free);
    }
  if (again != NULL)
    base_secret_wipe (again, strlen (again));
  g_free (again);
  return password;
}

GBytes *
cli_read_all (const char *file, GError **error)
{
  const struct sigaction plain = { .sa_handler = SIG_DFL };
  gboolean typed = g_str_equal (file, "-") && isatty (STDIN_FILENO);
  struct sigaction before;
  g_autoptr (GInputStream) stream = NULL;

  if (typed)
    {
      /* The main loop, which hears of Ctrl+C otherwise, does not run while a person types. */
      sigaction (SIGINT, &plain, &before);
      g_printerr ("%s\n",
                  _ ("Write the text; Ctrl+D on a line of its own ends it, Ctrl+C gives up."));
    }
  if (g_str_equal (file, "-"))
    stream = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  else
    {
      g_autoptr (GFile) path = g_file_new_for_commandline_arg (file);
      stream = G_INPUT_STREAM (g_file_read (path, NULL, error));
      if (stream == NULL)
        return NULL;
    }

  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
  gssize length
      = g_output_stream_splice (memory, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, error);
  if (typed)
    sigaction (SIGINT, &before, NULL);
  if (length < 0)
    return NULL;
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
}

char *
cli_read_text (const char *file, GError **error)
{
  g_autoptr (GBytes) bytes = cli_read_all (file, error);
  if (bytes == NULL)
    return NULL;

  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  if (!g_utf8_validate_len (data != NULL ? data : "", length, NULL))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   _ ("“%s” is not UTF-8 text; attach it instead"), file);
      return NULL;
    }
  return g_strndup (data, length);
}
