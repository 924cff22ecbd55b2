/* SPDX-License-Identifier: MIT */
#pragma once

/* The window a letter is written in. Main thread. */

#include "app-application.h"

typedef enum
{
  APP_COMPOSER_NEW,
  APP_COMPOSER_REPLY,
  APP_COMPOSER_REPLY_ALL,
  APP_COMPOSER_FORWARD,
  APP_COMPOSER_DRAFT,  /* goes on with the draft @letter_id, which it replaces */
  APP_COMPOSER_MAILTO, /* from a mailto: address */
} AppComposerKind;

/* What a composer begins with; everything may be 0 or NULL. Borrowed for the call. */
typedef struct
{
  AppComposerKind kind;
  gint64 account;   /* whom it is from; 0: the first, or the one the letter came to */
  gint64 letter_id; /* of @letter */
  MessageLetter *letter;
  const char *to;
  const char *cc;
  const char *subject;
  const char *text;
  const char *html;
} AppComposerStart;

void app_composer_open (AppApplication *application, const AppComposerStart *start);
