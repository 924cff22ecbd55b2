/* SPDX-License-Identifier: MIT */
#include <base-clock.h>
#include <engine-guard-private.h>

static EngineServerLimits
make_limits (void)
{
  EngineServerLimits limits;

  engine_server_limits_init (&limits);
  limits.wrong_passwords = 3;
  limits.wrong_passwords_per_address = 8;
  limits.lock_seconds = 60;
  limits.delay_seconds = 5;
  return limits;
}

static void
fail (EngineGuard *guard, const char *user, const char *address, guint times)
{
  for (guint i = 0; i < times; i++)
    {
      g_assert_true (engine_guard_allows (guard, user, address));
      engine_guard_note_failure (guard, user, address);
    }
}

static void
test_pair (void)
{
  const EngineServerLimits limits = make_limits ();
  g_autoptr (EngineGuard) guard = engine_guard_new (&limits);

  fail (guard, "ann", "192.0.2.1", 3);
  g_assert_false (engine_guard_allows (guard, "ann", "192.0.2.1"));
  /* Neither others from there, nor the owner at home. */
  g_assert_true (engine_guard_allows (guard, "bob", "192.0.2.1"));
  g_assert_true (engine_guard_allows (guard, "ann", "192.0.2.2"));
  base_clock_advance (59 * G_USEC_PER_SEC);
  g_assert_false (engine_guard_allows (guard, "ann", "192.0.2.1"));
  base_clock_advance (2 * G_USEC_PER_SEC);
  g_assert_true (engine_guard_allows (guard, "ann", "192.0.2.1"));
}

static void
test_address (void)
{
  static const char *const users[] = { "a", "b", "c", "d" };
  const EngineServerLimits limits = make_limits ();
  g_autoptr (EngineGuard) guard = engine_guard_new (&limits);

  for (guint i = 0; i < G_N_ELEMENTS (users); i++)
    fail (guard, users[i], "192.0.2.1", 2);
  g_assert_false (engine_guard_allows (guard, "e", "192.0.2.1"));
  g_assert_true (engine_guard_allows (guard, "a", "192.0.2.2"));
  base_clock_advance (61 * G_USEC_PER_SEC);
  g_assert_true (engine_guard_allows (guard, "e", "192.0.2.1"));
}

/* A log-in clears the pair, and so do some minutes; the address has a longer memory of the former.
 */
static void
test_forgiven (void)
{
  const EngineServerLimits limits = make_limits ();
  g_autoptr (EngineGuard) guard = engine_guard_new (&limits);

  for (guint i = 0; i < 4; i++)
    {
      fail (guard, "ann", "192.0.2.1", 2);
      engine_guard_note_success (guard, "ann", "192.0.2.1");
    }
  g_assert_false (engine_guard_allows (guard, "ann", "192.0.2.1"));
  base_clock_advance (61 * G_USEC_PER_SEC);
  fail (guard, "ann", "192.0.2.1", 2);
  base_clock_advance (61 * G_USEC_PER_SEC);
  fail (guard, "ann", "192.0.2.1", 2);
  g_assert_true (engine_guard_allows (guard, "ann", "192.0.2.1"));
}

static void
test_delay (void)
{
  static const guint delays[] = { 1, 2, 4, 5, 5 };
  EngineServerLimits limits = make_limits ();

  limits.wrong_passwords = 0;
  limits.wrong_passwords_per_address = 0;
  g_autoptr (EngineGuard) guard = engine_guard_new (&limits);
  for (guint i = 0; i < G_N_ELEMENTS (delays); i++)
    g_assert_cmpuint (engine_guard_note_failure (guard, "ann", "::1"), ==, delays[i]);
  g_assert_cmpuint (engine_guard_note_failure (guard, "bob", "::1"), ==, 1);
  for (guint i = 0; i < 100; i++)
    engine_guard_note_failure (guard, "ann", "::2");
  g_assert_true (engine_guard_allows (guard, "ann", "::2"));
  limits.delay_seconds = 0;
  g_autoptr (EngineGuard) quick = engine_guard_new (&limits);
  g_assert_cmpuint (engine_guard_note_failure (quick, "ann", "::1"), ==, 0);
}

/* However many names and addresses there are; the newest are remembered. */
static void
test_bounded (void)
{
  const EngineServerLimits limits = make_limits ();
  g_autoptr (EngineGuard) guard = engine_guard_new (&limits);

  fail (guard, "old", "192.0.2.1", 3);
  for (guint i = 0; i < 5000; i++)
    {
      g_autofree char *address = g_strdup_printf ("2001:db8:%x::", i);
      engine_guard_note_failure (guard, "ann", address);
    }
  g_assert_true (engine_guard_allows (guard, "old", "192.0.2.1"));
  fail (guard, "new", "192.0.2.1", 3);
  g_assert_false (engine_guard_allows (guard, "new", "192.0.2.1"));
}

static void
test_addresses (void)
{
  static const struct
  {
    const char *address;
    const char *name;
  } cases[] = {
    { "192.0.2.7", "192.0.2.7" },
    { "::1", "::1" },
    { "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::" },
    { "2001:db8:1:2:ffff::", "2001:db8:1:2::" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GSocketAddress) address
          = g_inet_socket_address_new_from_string (cases[i].address, 1234);
      g_autofree char *name = engine_guard_name_address (address);
      g_assert_cmpstr (name, ==, cases[i].name);
    }
}

static void
test_limits (void)
{
  EngineServerLimits limits = make_limits ();
  g_autoptr (GError) error = NULL;

  g_assert_true (engine_server_limits_set (&limits, "session-seconds", "17", &error));
  g_assert_no_error (error);
  g_assert_cmpuint (limits.session_seconds, ==, 17);
  g_assert_false (engine_server_limits_set (&limits, "seconds", "17", NULL));
  g_assert_false (engine_server_limits_set (&limits, "errors", "0", NULL));
  g_assert_false (engine_server_limits_set (&limits, "errors", "-1", NULL));
  g_assert_false (engine_server_limits_set (&limits, "errors", "", NULL));
  g_assert_false (engine_server_limits_set (&limits, "errors", "9999999999", NULL));
  g_assert_cmpuint (limits.errors, ==, 20);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/guard/pair", test_pair);
  g_test_add_func ("/engine/guard/address", test_address);
  g_test_add_func ("/engine/guard/forgiven", test_forgiven);
  g_test_add_func ("/engine/guard/delay", test_delay);
  g_test_add_func ("/engine/guard/bounded", test_bounded);
  g_test_add_func ("/engine/guard/addresses", test_addresses);
  g_test_add_func ("/engine/guard/limits", test_limits);
  return g_test_run ();
}
