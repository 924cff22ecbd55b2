/* SPDX-License-Identifier: MIT */
#include "cli-systemd.h"

#include <base-text.h>
#include <engine-error.h>

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#define FIRST_FD 3
#define MAX_FDS  64

static gboolean
is_number (const char *name, guint64 most, guint64 *value)
{
  const char *text = g_getenv (name);

  return text != NULL && g_ascii_string_to_unsigned (text, 10, 1, most, value, NULL);
}

/* Variables for another process of that manager's are none for this one. */
static gboolean
is_for_us (const char *name, gboolean needed)
{
  guint64 pid = 0;

  if (!is_number (name, G_MAXINT32, &pid))
    return !needed;
  return (pid_t) pid == getpid ();
}

/* ---- sockets ---- */

static gboolean
take_socket (EngineServer *server, int fd, const char *name, GError **error)
{
  g_autoptr (GSocket) socket = NULL;

  if (fcntl (fd, F_SETFD, FD_CLOEXEC) != 0)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                   _ ("The socket %d that was handed over is none: %s"), fd, g_strerror (errno));
      return FALSE;
    }
  socket = g_socket_new_from_fd (fd, error);
  if (socket == NULL)
    return FALSE;
  if (engine_server_add_socket (server, name, socket))
    return TRUE;
  g_autofree char *shown = base_text_escape (name, -1);
  g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
               _ ("A socket is named smtp, smtps, submission, pop3 or pop3s "
                  "(FileDescriptorName=), not “%s”"),
               shown);
  return FALSE;
}

gboolean
cli_systemd_take_sockets (EngineServer *server, GError **error)
{
  const char *list = g_getenv ("LISTEN_FDNAMES");
  g_auto (GStrv) names = g_strsplit (list != NULL ? list : "", ":", -1);
  guint64 count = 0;
  gboolean good = TRUE;

  if (!is_for_us ("LISTEN_PID", TRUE) || !is_number ("LISTEN_FDS", MAX_FDS, &count))
    return TRUE;
  for (guint i = 0; i < count && good; i++)
    good = take_socket (server, FIRST_FD + (int) i, i < g_strv_length (names) ? names[i] : "",
                        error);
  /* They are no child's. */
  g_unsetenv ("LISTEN_PID");
  g_unsetenv ("LISTEN_FDS");
  g_unsetenv ("LISTEN_FDNAMES");
  return good;
}

/* ---- words ---- */

void
cli_systemd_notify (const char *state)
{
  const char *path = g_getenv ("NOTIFY_SOCKET");
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  if (path == NULL || (*path != '/' && *path != '@') || path[1] == '\0')
    return;
  address = *path == '@'
                ? g_unix_socket_address_new_with_type (path + 1, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT)
                : g_unix_socket_address_new (path);
  socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT,
                         &error);
  if (socket == NULL || g_socket_send_to (socket, address, state, strlen (state), NULL, &error) < 0)
    g_warning ("The service manager cannot be told anything: %s", error->message);
}

void
cli_systemd_notify_reloading (void)
{
  g_autofree char *state
      = g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time ());

  cli_systemd_notify (state);
}

static gboolean
on_watch (gpointer user_data)
{
  cli_systemd_notify ("WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

guint
cli_systemd_watch (void)
{
  guint64 microseconds = 0;

  if (!is_number ("WATCHDOG_USEC", G_MAXINT32 * G_GUINT64_CONSTANT (1000), &microseconds)
      || !is_for_us ("WATCHDOG_PID", FALSE))
    return 0;
  return g_timeout_add ((guint) MAX (microseconds / 2000, 1), on_watch, NULL);
}
