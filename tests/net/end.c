/* SPDX-License-Identifier: MIT */
#include "end.h"

#include <gio/gunixconnection.h>
#include <glib/gstdio.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

void
socket_pair (GSocketConnection *pair[2])
{
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GSocket) socket = g_socket_new_from_fd (fds[i], &error);

      g_assert_no_error (error);
      pair[i] = g_socket_connection_factory_create_connection (socket);
    }
}

static void
on_progress (NetLink *link, gboolean ended, const GError *error, gpointer user_data)
{
  End *end = user_data;

  g_assert_cmpuint (end->ended, ==, 0);
  end->progress++;
  if (ended)
    {
      end->ended++;
      end->error = error != NULL ? g_error_copy (error) : NULL;
    }
  if (end->more != NULL)
    end->more (end);
  if (end->kicks)
    net_link_kick (link);
  if (end->drops)
    g_clear_object (&end->link);
}

void
end_init (End *end, GIOStream *stream, gboolean server)
{
  memset (end, 0, sizeof *end);
  end->echo = echo_new (server);
  end->link = net_link_new (stream, &end->echo->engine);
}

void
end_start (End *end, GCancellable *cancellable)
{
  net_link_start (end->link, cancellable, on_progress, end, NULL);
}

void
end_clear (End *end)
{
  g_clear_object (&end->link);
  g_clear_error (&end->error);
}

void
run_until_ended (End *a, End *b)
{
  while (a->ended == 0 || (b != NULL && b->ended == 0))
    g_main_context_iteration (NULL, TRUE);
}

void
run_until_lines (End *end, guint lines)
{
  while (end->echo->lines->len < lines && end->ended == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (end->echo->lines->len, >=, lines);
}

char *
make_directory (void)
{
  g_autoptr (GError) error = NULL;
  char *directory = g_dir_make_tmp ("postroom-net-XXXXXX", &error);

  g_assert_no_error (error);
  return directory;
}

void
remove_directory (const char *directory)
{
  g_autoptr (GDir) open = g_dir_open (directory, 0, NULL);
  const char *name = NULL;

  while (open != NULL && (name = g_dir_read_name (open)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      g_remove (path);
    }
  g_rmdir (directory);
}

GTlsCertificate *
make_certificate (const char *name, gint64 start, gint64 finish, char **pem)
{
  gnutls_x509_crt_t crt;
  gnutls_x509_privkey_t key;
  gnutls_datum_t crt_text, key_text;
  g_autoptr (GError) error = NULL;

  gnutls_x509_crt_init (&crt);
  gnutls_x509_privkey_init (&key);
  gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA,
                                GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0);
  gnutls_x509_crt_set_version (crt, 3);
  gnutls_x509_crt_set_serial (crt, "\1", 1);
  gnutls_x509_crt_set_key (crt, key);
  gnutls_x509_crt_set_activation_time (crt, time (NULL) + start);
  gnutls_x509_crt_set_expiration_time (crt, time (NULL) + finish);
  gnutls_x509_crt_set_dn (crt, "CN=test", NULL);
  gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_DNSNAME, name, (unsigned) strlen (name),
                                        GNUTLS_FSAN_SET);
  gnutls_x509_crt_set_basic_constraints (crt, 1, 0);
  g_assert_cmpint (gnutls_x509_crt_sign2 (crt, crt, key, GNUTLS_DIG_SHA256, 0), ==, 0);
  gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_PEM, &crt_text);
  gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &key_text);

  g_autofree char *both = g_strdup_printf ("%.*s\n%.*s", (int) crt_text.size, crt_text.data,
                                           (int) key_text.size, key_text.data);
  GTlsCertificate *certificate = g_tls_certificate_new_from_pem (both, -1, &error);
  g_assert_no_error (error);
  if (pem != NULL)
    *pem = g_strndup ((const char *) crt_text.data, crt_text.size);
  gnutls_free (crt_text.data);
  gnutls_free (key_text.data);
  gnutls_x509_crt_deinit (crt);
  gnutls_x509_privkey_deinit (key);
  return certificate;
}
