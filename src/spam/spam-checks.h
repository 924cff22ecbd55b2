/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What no phrase and no pattern can say about a letter, by name, for the "check" lines of a rules
 * file. Any thread.
 */

#include "spam-material.h"

/* @number is what the rule gives, or the check's own default. */
typedef gboolean (*SpamCheck) (const SpamMaterial *material, double number);

/* NULL: there is no check of that name. @summary is plain English; static. */
SpamCheck spam_check_find (const char *name, double *number, const char **summary);
/* The names one after the other, NULL behind the last. */
const char *spam_check_get_name (guint index);
