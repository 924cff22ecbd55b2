/* SPDX-License-Identifier: MIT */
#pragma once

/* The letters' make. Main thread. */

#include "engine-letters.h"

#include <store-cabinet.h>

EngineLetters *engine_letters_new (StoreCabinet *cabinet);
StoreCabinet *engine_letters_get_cabinet (EngineLetters *letters);
