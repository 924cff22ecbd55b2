/* SPDX-License-Identifier: MIT */
#include "net-maker-private.h"

#include "net-error.h"

#include <base-clock.h>
#include <base-secret.h>

#include <gnutls/crypto.h>
#include <string.h>

#define DAY            ((gint64) 24 * 60 * 60)
#define AUTHORITY_DAYS 3652
#define SERVER_DAYS    397
#define RENEWAL_DAYS   30
/* For peers whose clock is a little behind. */
#define SLACK ((gint64) 60 * 60)

static gboolean
check (int code, const char *doing, GError **error)
{
  if (code >= 0)
    return TRUE;
  g_set_error (error, NET_ERROR, NET_ERROR_IDENTITY, "%s: %s", doing, gnutls_strerror (code));
  return FALSE;
}

static gint64
get_now (void)
{
  return base_clock_real () / G_USEC_PER_SEC;
}

static NetPair *
pair_new_empty (void)
{
  NetPair *pair = g_new0 (NetPair, 1);

  gnutls_x509_crt_init (&pair->certificate);
  return pair;
}

static gboolean
set_serial (gnutls_x509_crt_t certificate, GError **error)
{
  guint8 serial[16];

  if (!check (gnutls_rnd (GNUTLS_RND_NONCE, serial, sizeof serial), "No random number can be made",
              error))
    return FALSE;
  serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, and never shorter (RFC 5280 4.1.2.2) */
  return check (gnutls_x509_crt_set_serial (certificate, serial, sizeof serial),
                "The certificate takes no serial number", error);
}

static gboolean
set_key_ids (gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer, GError **error)
{
  guint8 id[64];
  size_t length = sizeof id;

  if (!check (gnutls_x509_crt_get_key_id (certificate, 0, id, &length), "The key has no id", error)
      || !check (gnutls_x509_crt_set_subject_key_id (certificate, id, length),
                 "The certificate takes no key id", error))
    return FALSE;
  length = sizeof id;
  return check (gnutls_x509_crt_get_key_id (issuer, 0, id, &length), "The key has no id", error)
         && check (gnutls_x509_crt_set_authority_key_id (certificate, id, length),
                   "The certificate takes no authority's key id", error);
}

/* What every certificate has; with a new key. */
static NetPair *
pair_new (const char *name, gint64 end, GError **error)
{
  g_autoptr (NetPair) pair = pair_new_empty ();
  gnutls_x509_crt_t certificate = pair->certificate;

  gnutls_x509_privkey_init (&pair->key);
  if (!check (gnutls_x509_privkey_generate (pair->key, GNUTLS_PK_ECDSA,
                                            GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0),
              "No key can be made", error)
      || !check (gnutls_x509_crt_set_key (certificate, pair->key),
                 "The certificate does not take the key", error)
      || !set_serial (certificate, error))
    return NULL;
  gnutls_x509_crt_set_version (certificate, 3);
  gnutls_x509_crt_set_activation_time (certificate, get_now () - SLACK);
  gnutls_x509_crt_set_expiration_time (certificate, end);
  if (!check (gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_ORGANIZATION_NAME, 0,
                                             "Postroom", strlen ("Postroom")),
              "The certificate does not take the name", error)
      || !check (gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                                strlen (name)),
                 "The certificate does not take the name", error))
    return NULL;
  return g_steal_pointer (&pair);
}

static gboolean
sign (NetPair *pair, const NetPair *authority, GError **error)
{
  return set_key_ids (pair->certificate, authority->certificate, error)
         && check (gnutls_x509_crt_sign2 (pair->certificate, authority->certificate, authority->key,
                                          GNUTLS_DIG_SHA256, 0),
                   "The certificate cannot be signed", error);
}

NetPair *
net_pair_new_authority (GError **error)
{
  g_autofree char *name = g_strdup_printf ("Postroom's own authority on %s", g_get_host_name ());
  g_autoptr (NetPair) pair = NULL;

  if (strlen (name) > 64) /* as long as a common name may be (RFC 5280 appendix A) */
    name[64] = '\0';
  pair = pair_new (name, get_now () + AUTHORITY_DAYS * DAY, error);
  if (pair == NULL
      || !check (gnutls_x509_crt_set_basic_constraints (pair->certificate, 1, 0),
                 "The certificate does not become an authority's", error)
      || !check (gnutls_x509_crt_set_key_usage (pair->certificate,
                                                GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN),
                 "The certificate does not take its usage", error)
      || !sign (pair, pair, error))
    return NULL;
  return g_steal_pointer (&pair);
}

static gboolean
set_server_names (gnutls_x509_crt_t certificate, GError **error)
{
  static const guint8 v4[4] = { 127, 0, 0, 1 };
  static const guint8 v6[16] = { [15] = 1 };
  const char *wrong = "The certificate does not take its names";

  return check (gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME, "localhost",
                                                      strlen ("localhost"), GNUTLS_FSAN_SET),
                wrong, error)
         && check (gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_IPADDRESS, v4,
                                                         sizeof v4, GNUTLS_FSAN_APPEND),
                   wrong, error)
         && check (gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_IPADDRESS, v6,
                                                         sizeof v6, GNUTLS_FSAN_APPEND),
                   wrong, error);
}

NetPair *
net_pair_new_server (const NetPair *authority, GError **error)
{
  gint64 end = MIN (get_now () + SERVER_DAYS * DAY,
                    (gint64) gnutls_x509_crt_get_expiration_time (authority->certificate));
  g_autoptr (NetPair) pair = pair_new ("localhost", end, error);

  if (pair == NULL || !set_server_names (pair->certificate, error)
      || !check (gnutls_x509_crt_set_basic_constraints (pair->certificate, 0, -1),
                 "The certificate does not take its constraints", error)
      || !check (gnutls_x509_crt_set_key_usage (pair->certificate, GNUTLS_KEY_DIGITAL_SIGNATURE),
                 "The certificate does not take its usage", error)
      || !check (gnutls_x509_crt_set_key_purpose_oid (pair->certificate, GNUTLS_KP_TLS_WWW_SERVER,
                                                      0),
                 "The certificate does not take its purpose", error)
      || !sign (pair, authority, error))
    return NULL;
  return g_steal_pointer (&pair);
}

NetPair *
net_pair_new_from_pem (const char *certificate, const char *key, GError **error)
{
  g_autoptr (NetPair) pair = pair_new_empty ();
  gnutls_datum_t text = { (guint8 *) certificate, (guint) strlen (certificate) };

  if (!check (gnutls_x509_crt_import (pair->certificate, &text, GNUTLS_X509_FMT_PEM),
              "That is no certificate", error))
    return NULL;
  if (key != NULL)
    {
      gnutls_datum_t secret = { (guint8 *) key, (guint) strlen (key) };

      gnutls_x509_privkey_init (&pair->key);
      if (!check (gnutls_x509_privkey_import2 (pair->key, &secret, GNUTLS_X509_FMT_PEM, NULL,
                                               GNUTLS_PKCS_PLAIN),
                  "That is no private key", error))
        return NULL;
    }
  return g_steal_pointer (&pair);
}

char *
net_pair_dup_certificate_pem (const NetPair *pair, GError **error)
{
  gnutls_datum_t text = { NULL, 0 };

  if (!check (gnutls_x509_crt_export2 (pair->certificate, GNUTLS_X509_FMT_PEM, &text),
              "The certificate cannot be written", error))
    return NULL;
  char *pem = g_strndup ((const char *) text.data, text.size);
  gnutls_free (text.data);
  return pem;
}

char *
net_pair_dup_key_pem (const NetPair *pair, GError **error)
{
  gnutls_datum_t text = { NULL, 0 };

  if (!check (gnutls_x509_privkey_export2_pkcs8 (pair->key, GNUTLS_X509_FMT_PEM, NULL,
                                                 GNUTLS_PKCS_PLAIN, &text),
              "The key cannot be written", error))
    return NULL;
  char *pem = g_strndup ((const char *) text.data, text.size);
  base_secret_wipe (text.data, text.size);
  gnutls_free (text.data);
  return pem;
}

gboolean
net_pair_is_good (const NetPair *pair)
{
  guint8 of_certificate[64], of_key[64];
  size_t certificate_length = sizeof of_certificate, key_length = sizeof of_key;

  if ((gint64) gnutls_x509_crt_get_expiration_time (pair->certificate)
      < get_now () + RENEWAL_DAYS * DAY)
    return FALSE;
  return pair->key != NULL
         && gnutls_x509_crt_get_key_id (pair->certificate, 0, of_certificate, &certificate_length)
                >= 0
         && gnutls_x509_privkey_get_key_id (pair->key, 0, of_key, &key_length) >= 0
         && certificate_length == key_length && memcmp (of_certificate, of_key, key_length) == 0;
}

gboolean
net_pair_is_signed_by (const NetPair *pair, const NetPair *authority)
{
  unsigned int faults = 0;

  return gnutls_x509_crt_verify (pair->certificate, &authority->certificate, 1,
                                 GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &faults)
             >= 0
         && faults == 0;
}

void
net_pair_free (NetPair *pair)
{
  g_clear_pointer (&pair->certificate, gnutls_x509_crt_deinit);
  g_clear_pointer (&pair->key, gnutls_x509_privkey_deinit);
  g_free (pair);
}
