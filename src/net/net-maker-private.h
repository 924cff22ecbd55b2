/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Makes certificates and keys with GnuTLS: EC P-256, signed with SHA-256. Any thread.
 */

#include <glib.h>
#include <gnutls/x509.h>

typedef struct
{
  gnutls_x509_crt_t certificate;
  gnutls_x509_privkey_t key;
} NetPair;

/* An authority that signs for ten years. NET_ERROR_IDENTITY, as all here. */
NetPair *net_pair_new_authority (GError **error);
/* For localhost, 127.0.0.1 and ::1, signed by @authority; for 397 days, but not longer than the
 * authority. */
NetPair *net_pair_new_server (const NetPair *authority, GError **error);

/* The text of a PEM file each. A key of NULL leaves the pair without one. */
NetPair *net_pair_new_from_pem (const char *certificate, const char *key, GError **error);
char *net_pair_dup_certificate_pem (const NetPair *pair, GError **error);
char *net_pair_dup_key_pem (const NetPair *pair, GError **error); /* wipe it after use */

/* The key belongs to the certificate, and the certificate does not end within 30 days. */
gboolean net_pair_is_good (const NetPair *pair);
gboolean net_pair_is_signed_by (const NetPair *pair, const NetPair *authority);

void net_pair_free (NetPair *pair);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NetPair, net_pair_free)
