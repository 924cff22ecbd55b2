/* SPDX-License-Identifier: MIT */
#include <engine-envelope-private.h>

static const char *const ann[] = { "ann", NULL };
static const char *const bob[] = { "bob", NULL };

static void
add (EngineEnvelope *envelope,
     const char *local_part,
     const char *domain,
     const char *const *users,
     ProtoDsnNotify notify,
     const char *original)
{
  g_autoptr (ProtoPath) path = proto_path_new (local_part, domain);
  const ProtoSmtpServerEvent event = {
    .type = PROTO_SMTP_SERVER_RCPT,
    .path = path,
    .notify = notify,
    .original_recipient = original,
  };

  engine_envelope_add (envelope, &event, users);
}

static EngineEnvelope *
make_envelope (void)
{
  g_autoptr (ProtoPath) path = proto_path_new ("a b", "example.org");
  const ProtoSmtpServerEvent event = {
    .type = PROTO_SMTP_SERVER_MAIL,
    .path = path,
    .utf8 = TRUE,
    .dsn_return = PROTO_DSN_RETURN_HEADERS,
    .envelope_id = "QQ+314",
  };

  return engine_envelope_new (&event);
}

/* What is said outlives the events that said it. */
static void
test_kept (void)
{
  g_autoptr (EngineEnvelope) envelope = make_envelope ();
  const EngineRecipient *recipient;

  add (envelope, "Ann+x", "b.test", ann, PROTO_DSN_NOTIFY_NEVER, "rfc822;o@x");
  add (envelope, "PostMaster", "", bob, PROTO_DSN_NOTIFY_UNSAID, NULL);
  g_assert_cmpstr (envelope->reverse_path, ==, "\"a b\"@example.org");
  g_assert_true (envelope->utf8);
  g_assert_cmpint (envelope->dsn_return, ==, PROTO_DSN_RETURN_HEADERS);
  g_assert_cmpstr (envelope->envelope_id, ==, "QQ+314");
  g_assert_cmpuint (envelope->recipients->len, ==, 2);

  recipient = g_ptr_array_index (envelope->recipients, 0);
  g_assert_cmpstr (recipient->address, ==, "Ann+x@b.test");
  g_assert_cmpstr (recipient->users[0], ==, "ann");
  g_assert_null (recipient->users[1]);
  g_assert_cmpint (recipient->notify, ==, PROTO_DSN_NOTIFY_NEVER);
  g_assert_cmpstr (recipient->original, ==, "rfc822;o@x");
  recipient = g_ptr_array_index (envelope->recipients, 1);
  g_assert_cmpstr (recipient->address, ==, "Postmaster");
  g_assert_null (recipient->original);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/envelope/kept", test_kept);
  return g_test_run ();
}
