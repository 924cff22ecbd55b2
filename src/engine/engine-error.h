/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a verb can fail with, in plain English that says what happened and what to do. Errors of
 * the rooms below are turned into these, so that a front door knows one domain (beside
 * G_IO_ERROR_CANCELLED). Any thread.
 */

#include <glib.h>

#define ENGINE_ERROR (engine_error_quark ())
GQuark engine_error_quark (void);

typedef enum
{
  ENGINE_ERROR_NETWORK,     /* not reachable, broken, silent */
  ENGINE_ERROR_CERTIFICATE, /* the peer's certificate is not to be trusted */
  ENGINE_ERROR_AUTH,        /* user name or password refused, or no password known */
  ENGINE_ERROR_REFUSED,     /* the server said no: its words are in the message */
  ENGINE_ERROR_PROTOCOL,    /* the peer broke the protocol, or lacks what is required */
  ENGINE_ERROR_STORE,       /* files or rows */
  ENGINE_ERROR_NOT_FOUND,
  ENGINE_ERROR_EXISTS,
  ENGINE_ERROR_INVALID, /* what was asked for makes no sense */
  ENGINE_ERROR_BUSY,
  ENGINE_ERROR_IN_DOUBT, /* sent, but no answer was heard */
  ENGINE_ERROR_SIGN_IN,  /* the person must sign in again, with a browser */
} EngineError;
