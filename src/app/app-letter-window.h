/* SPDX-License-Identifier: MIT */
#pragma once

/* Shows a letter that is a file, an .eml, and in no folder. Main thread. */

#include "app-application.h"

/* Reads and shows @file; a file that is no letter is told in the window. */
void app_letter_window_open (AppApplication *application, GFile *file);
