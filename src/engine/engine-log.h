/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a server's log is told: events with fields, never a password nor a letter's text. Whoever
 * runs the server gives a sink, which writes them where it likes.
 */

#include <glib.h>

typedef enum
{
  ENGINE_LOG_ERROR,
  ENGINE_LOG_WARNING,
  ENGINE_LOG_INFO,
  ENGINE_LOG_DEBUG,
} EngineLogLevel;

/* Any thread. @event: "connect", "auth", "auth-failed", "stored", "refused", "retrieved",
 * "deleted", "fault", "disconnect". @fields is an a{sv} of printable strings and uint64: always
 * "session", "protocol", "port" and "remote", and "user" once there is one. */
typedef void (*EngineLogSink) (EngineLogLevel level,
                               const char *event,
                               GVariant *fields,
                               gpointer user_data);
