/* SPDX-License-Identifier: MIT */
#include "desk.h"
#include "fake-peer.h"

#include <base-clock.h>
#include <engine-error.h>
#include <engine-round-private.h>

static void
test_delay (void)
{
  g_autoptr (GError) network = g_error_new_literal (ENGINE_ERROR, ENGINE_ERROR_NETWORK, "x");
  g_autoptr (GError) password = g_error_new_literal (ENGINE_ERROR, ENGINE_ERROR_AUTH, "x");
  g_autoptr (GError) busy = g_error_new_literal (ENGINE_ERROR, ENGINE_ERROR_BUSY, "x");

  g_assert_cmpuint (engine_round_delay (0, NULL, 0.5), ==, 300);
  g_assert_cmpuint (engine_round_delay (0, NULL, 0), ==, 270);
  g_assert_cmpuint (engine_round_delay (0, NULL, 1), ==, 330);
  g_assert_cmpuint (engine_round_delay (1, network, 0.5), ==, 300);
  g_assert_cmpuint (engine_round_delay (2, network, 0.5), ==, 600);
  g_assert_cmpuint (engine_round_delay (4, network, 0.5), ==, 2400);
  g_assert_cmpuint (engine_round_delay (5, network, 0.5), ==, 3600);
  g_assert_cmpuint (engine_round_delay (G_MAXUINT, network, 0.5), ==, 3600);
  g_assert_cmpuint (engine_round_delay (1, password, 0.5), ==, 3600);
  g_assert_cmpuint (engine_round_delay (9, busy, 0.5), ==, 300);
}

static gboolean
is_idle (gpointer account)
{
  return !engine_account_is_fetching (account);
}

static guint
count_sessions (FakePeer *peer)
{
  g_mutex_lock (&peer->mutex);
  guint sessions = peer->sessions;
  g_mutex_unlock (&peer->mutex);
  return sessions;
}

static void
look (EngineRound *round, EngineAccount *account, guint minutes)
{
  base_clock_advance (minutes * G_TIME_SPAN_MINUTE);
  engine_round_look (round);
  desk_wait_until (is_idle, account);
}

static void
test_turns (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, TRUE);
  g_autoptr (EngineRound) round = engine_round_new (desk->accounts, desk->fetcher);

  engine_round_start (round);
  desk_wait_until (is_idle, account);
  g_assert_cmpuint (count_sessions (peer), ==, 1);
  look (round, account, 4);
  g_assert_cmpuint (count_sessions (peer), ==, 1);
  look (round, account, 2);
  g_assert_cmpuint (count_sessions (peer), ==, 2);

  /* A wrong password is not said every five minutes. */
  fake_peer_set (peer, &peer->pass_reply, "-ERR No");
  look (round, account, 6);
  g_assert_cmpuint (count_sessions (peer), ==, 3);
  look (round, account, 50);
  g_assert_cmpuint (count_sessions (peer), ==, 3);
  look (round, account, 20);
  g_assert_cmpuint (count_sessions (peer), ==, 4);

  /* By hand at once; what a person has mended goes on as before. */
  engine_round_now (round);
  desk_wait_until (is_idle, account);
  g_assert_cmpuint (count_sessions (peer), ==, 5);
  fake_peer_set (peer, &peer->pass_reply, NULL);
  desk_fetch (desk, account, NULL, NULL);
  look (round, account, 1);
  g_assert_cmpuint (count_sessions (peer), ==, 7);
  look (round, account, 6);
  g_assert_cmpuint (count_sessions (peer), ==, 8);

  engine_round_stop (round);
  look (round, account, 1);
  g_assert_cmpuint (count_sessions (peer), ==, 8);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

int
main (int argc, char **argv)
{
  desk_init (&argc, &argv);
  g_test_add_func ("/engine/round/delay", test_delay);
  g_test_add_func ("/engine/round/turns", test_turns);
  return g_test_run ();
}
