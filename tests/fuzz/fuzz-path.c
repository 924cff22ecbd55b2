/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <proto-path.h>

#include <string.h>

/* What was parsed must mean the same when it is written and parsed again. */
static void
check_round_trip (const ProtoPath *path, ProtoPathKind kind, gboolean utf8)
{
  g_autofree char *address = proto_path_to_address (path);
  g_autofree char *text = g_strdup_printf ("<%s>", address);
  g_autoptr (GError) error = NULL;
  g_autoptr (ProtoPath) again = NULL;

  g_assert_null (strchr (address, '\r'));
  g_assert_null (strchr (address, '\n'));
  again = proto_path_parse (text, kind, utf8, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again->local_part, ==, path->local_part);
  g_assert_cmpstr (again->domain, ==, path->domain);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (ProtoPath) address = proto_path_from_address (text, NULL);

  if (address != NULL)
    check_round_trip (address, PROTO_PATH_FORWARD, TRUE);
  for (guint i = 0; i < 4; i++)
    {
      ProtoPathKind kind = (i & 1) != 0 ? PROTO_PATH_FORWARD : PROTO_PATH_REVERSE;
      const char *rest = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (ProtoPath) path = proto_path_parse (text, kind, (i & 2) != 0, &rest, &error);

      g_assert_true ((path == NULL) == (error != NULL));
      if (path == NULL)
        continue;
      g_assert_true (rest > text && rest <= text + strlen (text) && rest[-1] == '>');
      check_round_trip (path, kind, (i & 2) != 0);
    }
  return 0;
}
