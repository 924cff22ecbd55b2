/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a service manager that speaks systemd's protocols gives and wants to hear: sd_listen_fds(3),
 * sd_notify(3) and sd_watchdog_enabled(3), without its library. Without such a manager nothing
 * happens. Main thread.
 */

#include <engine-server.h>

/* Gives the sockets that came with this process to @server, by their names. */
gboolean cli_systemd_take_sockets (EngineServer *server, GError **error);
/* "READY=1", "STATUS=…"; several parted by \n. */
void cli_systemd_notify (const char *state);
/* Before settings are read again; "READY=1" ends it. */
void cli_systemd_notify_reloading (void);
/* Says that it is alive as often as is wanted; the source to remove, or 0. */
guint cli_systemd_watch (void);
