/* SPDX-License-Identifier: MIT */

/* A sink: Postroom's listener, links and SMTP engine, which throws away what it has taken. What it
 * does is all that a delivery costs before anything is stored. Prints its port. */

#include <net-link.h>
#include <net-listener.h>
#include <proto-smtp-server.h>

#include <glib-unix.h>
#include <stdio.h>

static ProtoReply *
answer_to (const ProtoSmtpServerEvent *event)
{
  switch (event->type)
    {
    case PROTO_SMTP_SERVER_MAIL:
    case PROTO_SMTP_SERVER_RCPT:
      return proto_reply_new (250, "2.1.0", "Fine");
    case PROTO_SMTP_SERVER_DATA:
      return proto_reply_new (354, NULL, "Go on");
    case PROTO_SMTP_SERVER_MESSAGE:
      return proto_reply_new (250, "2.0.0", "Thrown away");
    case PROTO_SMTP_SERVER_VRFY:
    case PROTO_SMTP_SERVER_EXPN:
    case PROTO_SMTP_SERVER_RECALL:
      return proto_reply_new (502, "5.5.1", "Not here");
    default:
      return NULL;
    }
}

static void
on_progress (NetLink *link, gboolean ended, const GError *error, gpointer user_data)
{
  ProtoSmtpServer *server = user_data;
  ProtoSmtpServerEvent event;

  while (!ended && proto_smtp_server_next (server, &event))
    {
      ProtoReply *reply = answer_to (&event);
      if (reply != NULL)
        proto_smtp_server_answer (server, reply);
    }
}

/* On a worker's thread. */
static void
on_accepted (GSocketConnection *connection, guint worker, gpointer user_data)
{
  ProtoSmtpServerConfig config;

  proto_smtp_server_config_init (&config);
  config.offer_chunking = TRUE;
  config.offer_dsn = TRUE;
  config.offer_smtputf8 = TRUE;
  ProtoSmtpServer *server = proto_smtp_server_new (&config, FALSE);
  g_autoptr (NetLink) link
      = net_link_new (G_IO_STREAM (connection), proto_smtp_server_get_engine (server));
  net_link_start (link, NULL, on_progress, server, NULL);
}

static gboolean
on_term (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (NetWorkers) workers = net_workers_new (g_get_num_processors ());
  g_autoptr (NetListener) listener
      = net_listener_new ("127.0.0.1", 0, workers, on_accepted, NULL, &error);

  if (listener == NULL)
    {
      fprintf (stderr, "discard-letters: %s\n", error->message);
      return 1;
    }
  printf ("%u\n", net_listener_get_port (listener));
  fflush (stdout);
  g_unix_signal_add (SIGTERM, on_term, loop);
  g_main_loop_run (loop);
  return 0;
}
