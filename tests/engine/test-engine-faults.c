/* SPDX-License-Identifier: MIT */
#include <engine-error.h>
#include <engine-faults-private.h>

#include <base-clock.h>
#include <string.h>

static EngineFaults *
make (const char *text)
{
  EngineFaults *faults = engine_faults_new ();
  g_autoptr (GError) error = NULL;

  engine_faults_set (faults, text, &error);
  g_assert_no_error (error);
  return faults;
}

static guint
count (EngineFaults *faults, EngineFaultMoment moment)
{
  g_autoptr (GPtrArray) found = engine_faults_find (faults, &moment);

  return found != NULL ? found->len : 0;
}

/* ---- tests ---- */

static void
test_conditions (void)
{
  g_autoptr (EngineFaults) faults
      = make ("smtp RCPT to=*@X.test from=ann@* client=127.* => drop\n"
              "smtp DATA over=1k under=2000 => drop\npop3 RETR user=bob => drop\n");
  const EngineFaultMoment rcpt = {
    .smtp = TRUE, .command = "RCPT", .client = "127.0.0.1", .from = "Ann@y", .to = "b@x.TEST"
  };
  EngineFaultMoment other = rcpt;

  g_assert_true (engine_faults_is_active (faults));
  g_assert_cmpuint (count (faults, rcpt), ==, 1);
  other.client = "::1";
  g_assert_cmpuint (count (faults, other), ==, 0);
  other = rcpt;
  other.to = "b@x.tests";
  g_assert_cmpuint (count (faults, other), ==, 0);
  other = rcpt;
  other.from = "";
  g_assert_cmpuint (count (faults, other), ==, 0);
  other = rcpt;
  other.smtp = FALSE;
  g_assert_cmpuint (count (faults, other), ==, 0);

  for (guint64 size = 0; size < 3000; size++)
    g_assert_cmpuint (count (faults,
                             (EngineFaultMoment){ .smtp = TRUE, .command = "DATA", .size = size }),
                      ==, size > 1024 && size < 2000);
  g_assert_cmpuint (count (faults, (EngineFaultMoment){ .command = "RETR", .user = "Bob" }), ==, 1);
  g_assert_cmpuint (count (faults, (EngineFaultMoment){ .command = "RETR" }), ==, 0);
}

static void
test_times (void)
{
  g_autoptr (EngineFaults) nth = make ("smtp NOOP nth=3 => drop");
  g_autoptr (EngineFaults) every = make ("smtp NOOP every=3 => drop");
  const EngineFaultMoment noop = { .smtp = TRUE, .command = "NOOP" };

  for (guint i = 1; i < 20; i++)
    {
      g_assert_cmpuint (count (nth, noop), ==, i == 3);
      g_assert_cmpuint (count (every, noop), ==, i % 3 == 0);
    }
}

/* Where a rule strikes depends on its seed, its place and its own matches alone. */
static void
test_seed (void)
{
  g_autoptr (EngineFaults) one = make ("smtp RCPT chance=0.3 => drop");
  g_autoptr (EngineFaults) two = make ("smtp RCPT chance=0.3 => drop\npop3 * => drop");
  g_autoptr (EngineFaults) three = make ("smtp RCPT chance=0.3 => drop");
  const EngineFaultMoment rcpt = { .smtp = TRUE, .command = "RCPT" };
  guint struck = 0, differing = 0;

  engine_faults_set_seed (one, 42);
  engine_faults_set_seed (two, 42);
  engine_faults_set_seed (three, 43);
  for (guint i = 0; i < 10000; i++)
    {
      guint here = count (one, rcpt);

      struck += here;
      count (two, (EngineFaultMoment){ .command = "STAT" });
      g_assert_cmpuint (count (two, rcpt), ==, here);
      differing += count (three, rcpt) != here;
    }
  g_assert_cmpuint (struck, >, 2800);
  g_assert_cmpuint (struck, <, 3200);
  g_assert_cmpuint (differing, >, 3000);
}

static void
test_order (void)
{
  g_autoptr (EngineFaults) faults
      = make ("any NOOP => delay 1\nany * => throttle 5\nsmtp NOOP => reply 450\nany * => drop");
  const EngineFaultMoment noop = { .smtp = TRUE, .command = "NOOP" };
  g_autoptr (GPtrArray) found = engine_faults_find (faults, &noop);
  const EngineFaultRule *last = NULL;

  g_assert_cmpuint (found->len, ==, 3);
  last = found->pdata[2];
  g_assert_cmpint (last->action, ==, ENGINE_FAULT_REPLY);
  g_assert_cmpuint (last->code, ==, 450);
}

static void
test_greylist (void)
{
  g_autoptr (EngineFaults) faults = make ("smtp RCPT => greylist 5m");
  EngineFaultMoment rcpt
      = { .smtp = TRUE, .command = "RCPT", .client = "::1", .from = "a@x", .to = "b@x" };

  g_assert_cmpuint (count (faults, rcpt), ==, 1);
  base_clock_advance (299 * G_USEC_PER_SEC);
  g_assert_cmpuint (count (faults, rcpt), ==, 1);
  base_clock_advance (2 * G_USEC_PER_SEC);
  g_assert_cmpuint (count (faults, rcpt), ==, 0);
  rcpt.from = "";
  g_assert_cmpuint (count (faults, rcpt), ==, 1);
}

/* A set with an error in it changes nothing. */
static void
test_all_or_none (void)
{
  g_autoptr (EngineFaults) faults = make ("smtp NOOP => drop\nmagic-recipients");
  g_autoptr (GError) error = NULL;

  g_assert_false (engine_faults_set (faults, "pop3 STAT => drop\nsmtp HOLO => drop", &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID);
  g_assert_true (g_str_has_prefix (error->message, "Line 2: “HOLO”"));
  g_assert_cmpuint (count (faults, (EngineFaultMoment){ .smtp = TRUE, .command = "NOOP" }), ==, 1);
  g_assert_true (engine_faults_has_magic (faults));
  engine_faults_clear (faults);
  g_assert_false (engine_faults_is_active (faults));
  g_assert_false (engine_faults_has_magic (faults));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/faults/conditions", test_conditions);
  g_test_add_func ("/faults/times", test_times);
  g_test_add_func ("/faults/seed", test_seed);
  g_test_add_func ("/faults/order", test_order);
  g_test_add_func ("/faults/greylist", test_greylist);
  g_test_add_func ("/faults/all-or-none", test_all_or_none);
  return g_test_run ();
}
