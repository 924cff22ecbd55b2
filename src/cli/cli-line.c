/* SPDX-License-Identifier: MIT */
#include "cli-line.h"

#include <glib/gstdio.h>
#include <errno.h>
#include <histedit.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

/* Parts what is printed from what only sets colours, for libedit to count columns. */
#define ESCAPE     '\1'
#define REMEMBERED 1000

struct _CliLine
{
  EditLine *editor;
  History *history;
  char *path; /* of the history, or NULL */
  char *prompt;
  CliLineComplete complete;
  gpointer user_data;
};

/* Told by Ctrl+C, whichever thread hears it and whether a key is waited for already or not. */
static int interrupts = -1;

static void
on_interrupt (int number)
{
  int before = errno;
  const guint64 one = 1;
  gssize written = write (interrupts, &one, sizeof one);

  (void) written;
  errno = before;
}

static gboolean
take_interrupt (void)
{
  guint64 count;

  return read (interrupts, &count, sizeof count) > 0;
}

/* Waits for a key, in the terminal's encoding. */
static int
read_key (EditLine *editor, wchar_t *key)
{
  mbstate_t state = { 0 };
  size_t used = (size_t) -2;

  while (used == (size_t) -2)
    {
      struct pollfd wanted[]
          = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = interrupts, .events = POLLIN } };
      char octet;

      if ((poll (wanted, G_N_ELEMENTS (wanted), -1) < 0 && errno != EINTR) || take_interrupt ())
        return -1;
      if (wanted[0].revents == 0)
        continue;
      if (read (STDIN_FILENO, &octet, 1) != 1)
        return 0;
      used = mbrtowc (key, &octet, 1, &state);
    }
  if (used == (size_t) -1)
    *key = L'?';
  return 1;
}

static char *
get_prompt (EditLine *editor)
{
  CliLine *self = NULL;

  el_get (editor, EL_CLIENTDATA, &self);
  return self->prompt;
}

/* ---- completion ---- */

/* Words as far as the cursor; the last one, perhaps empty, is being typed. */
static char **
split (const char *text, gsize length)
{
  g_autofree char *typed = g_strndup (text, length);
  g_auto (GStrv) pieces = g_strsplit (typed, " ", -1);
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();

  for (char **piece = pieces; *piece != NULL; piece++)
    if (**piece != '\0' || piece[1] == NULL)
      g_strv_builder_add (words, *piece);
  return g_strv_builder_end (words);
}

static gsize
count_common (char **choices)
{
  gsize common = strlen (choices[0]);

  for (char **choice = choices + 1; *choice != NULL; choice++)
    for (gsize i = 0; i < common; i++)
      if ((*choice)[i] != choices[0][i])
        common = i;
  /* Never half a character. */
  while (common > 0 && (choices[0][common] & 0xC0) == 0x80)
    common--;
  return common;
}

static void
show_choices (EditLine *editor, char **choices)
{
  FILE *out = NULL;
  g_autofree char *joined = g_strjoinv ("  ", choices);

  el_get (editor, EL_GETFP, 1, &out);
  fprintf (out, "\n%s\n", joined);
}

static unsigned char
on_tab (EditLine *editor, int key)
{
  CliLine *self = NULL;
  const LineInfo *info = el_line (editor);
  g_auto (GStrv) words = split (info->buffer, (gsize) (info->cursor - info->buffer));

  el_get (editor, EL_CLIENTDATA, &self);
  const char *last = words[g_strv_length (words) - 1];
  g_auto (GStrv) choices = self->complete (words, self->user_data);
  if (choices == NULL || *choices == NULL)
    return CC_REFRESH_BEEP;

  gsize typed = strlen (last);
  gsize common = count_common (choices);
  gboolean only = choices[1] == NULL;
  g_autofree char *more = g_strndup (choices[0] + typed, common > typed ? common - typed : 0);
  if (*more != '\0' && el_insertstr (editor, more) != 0)
    return CC_REFRESH_BEEP;
  if (only && !g_str_has_suffix (choices[0], "=") && !g_str_has_suffix (choices[0], "/"))
    el_insertstr (editor, " ");
  if (only || *more != '\0')
    return CC_REFRESH;
  show_choices (editor, choices);
  return CC_REDISPLAY;
}

/* ---- history ---- */

static void
load_history (CliLine *self)
{
  HistEvent event;

  history (self->history, &event, H_SETSIZE, REMEMBERED);
  history (self->history, &event, H_SETUNIQUE, 1);
  if (self->path != NULL)
    history (self->history, &event, H_LOAD, self->path);
}

void
cli_line_remember (CliLine *line, const char *text)
{
  HistEvent event;
  g_autofree char *directory = line->path != NULL ? g_path_get_dirname (line->path) : NULL;

  history (line->history, &event, H_ENTER, text);
  if (line->path == NULL || g_mkdir_with_parents (directory, 0700) != 0)
    return;
  /* What a person types is for nobody else. */
  mode_t before = umask (0077);
  history (line->history, &event, H_SAVE, line->path);
  umask (before);
}

/* ---- lines ---- */

CliLine *
cli_line_new (const char *file, CliLineComplete complete, gpointer user_data)
{
  CliLine *self = g_new0 (CliLine, 1);
  const struct sigaction action = { .sa_handler = on_interrupt };

  interrupts = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  sigaction (SIGINT, &action, NULL);
  self->path = g_strdup (file);
  self->complete = complete;
  self->user_data = user_data;
  self->history = history_init ();
  load_history (self);
  self->editor = el_init ("postroom-cli", stdin, stdout, stderr);
  el_set (self->editor, EL_CLIENTDATA, self);
  el_set (self->editor, EL_PROMPT_ESC, get_prompt, ESCAPE);
  el_set (self->editor, EL_EDITOR, "emacs");
  el_set (self->editor, EL_SIGNAL, 0);
  el_wset (self->editor, EL_GETCFN, read_key);
  el_set (self->editor, EL_HIST, history, self->history);
  /* Given narrow names, libedit would keep copies of them and never free these. */
  el_wset (self->editor, EL_ADDFN, L"postroom-complete", L"Completes a word", on_tab);
  el_set (self->editor, EL_BIND, "^I", "postroom-complete", NULL);
  el_set (self->editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
  return self;
}

void
cli_line_free (CliLine *line)
{
  signal (SIGINT, SIG_DFL);
  close (interrupts);
  el_end (line->editor);
  history_end (line->history);
  g_free (line->path);
  g_free (line->prompt);
  g_free (line);
}

char *
cli_line_read (CliLine *line, const char *prompt, gboolean colour)
{
  int length = 0;

  g_free (line->prompt);
  /* libedit prints a colour together with what follows it: the last one needs the space. */
  line->prompt = colour ? g_strdup_printf ("%c\033[1;31m%c%s%c\033[0m%c ", ESCAPE, ESCAPE, prompt,
                                           ESCAPE, ESCAPE)
                        : g_strconcat (prompt, " ", NULL);
  const char *text = el_gets (line->editor, &length);
  if (text == NULL || length <= 0)
    {
      gboolean interrupted = length < 0;

      putchar ('\n');
      fflush (stdout);
      el_reset (line->editor);
      return interrupted ? g_strdup ("") : NULL;
    }
  return g_strchomp (g_strndup (text, (gsize) length));
}
