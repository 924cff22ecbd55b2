/* SPDX-License-Identifier: MIT */
#include "net-certificate.h"

#include "net-error.h"
#include "net-maker-private.h"

#include <base-secret.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct _NetIdentity
{
  gatomicrefcount references;
  GTlsCertificate *certificate;
  GTlsDatabase *trust;
  char *authority_file;
};

static gboolean
fail (GError **error, const char *path, const char *doing, const char *why)
{
  g_set_error (error, NET_ERROR, NET_ERROR_IDENTITY, "%s cannot be %s: %s", path, doing, why);
  return FALSE;
}

/* Returns the lock, to be closed; -1 on failure. */
static int
lock_directory (const char *directory, GError **error)
{
  g_autofree char *path = g_build_filename (directory, "lock", NULL);

  if (g_mkdir_with_parents (directory, 0700) != 0 || g_chmod (directory, 0700) != 0)
    {
      fail (error, directory, "made", g_strerror (errno));
      return -1;
    }

  int lock = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0)
    {
      fail (error, path, "opened", g_strerror (errno));
      return -1;
    }
  while (flock (lock, LOCK_EX) != 0)
    if (errno != EINTR)
      {
        fail (error, path, "locked", g_strerror (errno));
        close (lock);
        return -1;
      }
  return lock;
}

/* *@text NULL: there is no such file. */
static gboolean
read_text (const char *path, char **text, GError **error)
{
  g_autoptr (GError) cause = NULL;

  if (g_file_get_contents (path, text, NULL, &cause)
      || g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return TRUE;
  return fail (error, path, "read", cause->message);
}

static void
wipe_text (char *text)
{
  if (text != NULL)
    base_secret_wipe (text, strlen (text));
  g_free (text);
}

/* Whole or not at all, also after a power cut. */
static gboolean
write_text (const char *path, const char *text, int mode, GError **error)
{
  g_autoptr (GError) cause = NULL;

  if (!g_file_set_contents_full (path, text, -1,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, mode,
                                 &cause)
      || g_chmod (path, mode) != 0)
    return fail (error, path, "written", cause != NULL ? cause->message : g_strerror (errno));
  return TRUE;
}

/* *@pair NULL: there is none yet, or only half of one. A file that cannot be understood is an
 * error: it may be somebody's own. */
static gboolean
read_pair (const char *certificate_path, const char *key_path, NetPair **pair, GError **error)
{
  g_autofree char *certificate = NULL;
  char *key = NULL;
  gboolean read
      = read_text (certificate_path, &certificate, error) && read_text (key_path, &key, error);

  if (read && certificate != NULL && key != NULL)
    {
      g_autoptr (GError) cause = NULL;

      *pair = net_pair_new_from_pem (certificate, key, &cause);
      if (*pair == NULL)
        read = fail (error, certificate_path, "used with its key", cause->message);
      else if (g_chmod (key_path, 0600) != 0)
        read = fail (error, key_path, "kept private", g_strerror (errno));
    }
  wipe_text (key);
  return read;
}

/* The key first: a certificate without its key would be of no use. */
static gboolean
write_pair (const NetPair *pair, const char *certificate_path, const char *key_path, GError **error)
{
  g_autofree char *certificate = net_pair_dup_certificate_pem (pair, error);
  char *key = certificate != NULL ? net_pair_dup_key_pem (pair, error) : NULL;
  gboolean written = key != NULL && write_text (key_path, key, 0600, error)
                     && write_text (certificate_path, certificate, 0644, error);

  wipe_text (key);
  return written;
}

/* The authority, read or made. */
static NetPair *
ensure_authority (const char *directory, GError **error)
{
  g_autofree char *certificate = g_build_filename (directory, "ca.pem", NULL);
  g_autofree char *key = g_build_filename (directory, "ca-key.pem", NULL);
  g_autoptr (NetPair) pair = NULL;

  if (!read_pair (certificate, key, &pair, error))
    return NULL;
  if (pair != NULL && net_pair_is_good (pair))
    return g_steal_pointer (&pair);
  g_clear_pointer (&pair, net_pair_free);
  pair = net_pair_new_authority (error);
  if (pair == NULL || !write_pair (pair, certificate, key, error))
    return NULL;
  return g_steal_pointer (&pair);
}

static gboolean
ensure_server (const char *directory, const NetPair *authority, GError **error)
{
  g_autofree char *certificate = g_build_filename (directory, "server.pem", NULL);
  g_autofree char *key = g_build_filename (directory, "server-key.pem", NULL);
  g_autoptr (NetPair) pair = NULL;

  if (!read_pair (certificate, key, &pair, error))
    return FALSE;
  if (pair != NULL && net_pair_is_good (pair) && net_pair_is_signed_by (pair, authority))
    return TRUE;
  g_clear_pointer (&pair, net_pair_free);
  pair = net_pair_new_server (authority, error);
  return pair != NULL && write_pair (pair, certificate, key, error);
}

/* Under the lock. */
static NetIdentity *
ensure_locked (const char *directory, GError **error)
{
  g_autoptr (NetPair) authority = ensure_authority (directory, error);

  if (authority == NULL || !ensure_server (directory, authority, error))
    return NULL;

  g_autofree char *certificate = g_build_filename (directory, "server.pem", NULL);
  g_autofree char *key = g_build_filename (directory, "server-key.pem", NULL);
  g_autofree char *authority_file = g_build_filename (directory, "ca.pem", NULL);
  g_autoptr (NetIdentity) identity = net_identity_load (certificate, key, error);
  g_autoptr (GError) cause = NULL;

  if (identity == NULL)
    return NULL;
  identity->trust = g_tls_file_database_new (authority_file, &cause);
  if (identity->trust == NULL)
    {
      fail (error, authority_file, "trusted", cause->message);
      return NULL;
    }
  identity->authority_file = g_steal_pointer (&authority_file);
  return g_steal_pointer (&identity);
}

NetIdentity *
net_identity_ensure (const char *directory, GError **error)
{
  g_autofree char *absolute = g_canonicalize_filename (directory, NULL);
  int lock = lock_directory (absolute, error);

  if (lock < 0)
    return NULL;

  NetIdentity *identity = ensure_locked (absolute, error);
  close (lock);
  return identity;
}

NetIdentity *
net_identity_load (const char *certificate_file, const char *key_file, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (GTlsCertificate) certificate
      = g_tls_certificate_new_from_files (certificate_file, key_file, &cause);

  if (certificate == NULL)
    {
      g_set_error (error, NET_ERROR, NET_ERROR_IDENTITY,
                   "%s and %s cannot be used as a certificate and its key: %s", certificate_file,
                   key_file, cause->message);
      return NULL;
    }

  NetIdentity *identity = g_new0 (NetIdentity, 1);
  g_atomic_ref_count_init (&identity->references);
  identity->certificate = g_steal_pointer (&certificate);
  return identity;
}

NetIdentity *
net_identity_ref (NetIdentity *identity)
{
  g_atomic_ref_count_inc (&identity->references);
  return identity;
}

void
net_identity_unref (NetIdentity *identity)
{
  if (!g_atomic_ref_count_dec (&identity->references))
    return;
  g_clear_object (&identity->certificate);
  g_clear_object (&identity->trust);
  g_free (identity->authority_file);
  g_free (identity);
}

GTlsCertificate *
net_identity_get_certificate (NetIdentity *identity)
{
  return identity->certificate;
}

GTlsDatabase *
net_identity_get_trust (NetIdentity *identity)
{
  return identity->trust;
}

const char *
net_identity_get_authority_file (NetIdentity *identity)
{
  return identity->authority_file;
}

char *
net_identity_dup_fingerprint (NetIdentity *identity)
{
  g_autoptr (GByteArray) der = NULL;
  guint8 digest[32];
  gsize length = sizeof digest;
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  GString *text = g_string_sized_new (sizeof digest * 3);

  g_object_get (identity->certificate, "certificate", &der, NULL);
  g_checksum_update (checksum, der->data, der->len);
  g_checksum_get_digest (checksum, digest, &length);
  for (gsize i = 0; i < length; i++)
    g_string_append_printf (text, "%s%02X", i > 0 ? ":" : "", digest[i]);
  return g_string_free (text, FALSE);
}
