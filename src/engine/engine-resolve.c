/* SPDX-License-Identifier: MIT */
#include "engine-resolve-private.h"

#include <base-text.h>
#include <string.h>

/* "[127.0.0.1]" and the like for the address that the server listens at. */
static gboolean
is_own_literal (const EngineServerConfig *config, const char *domain)
{
  if (config->address == NULL)
    return FALSE;

  g_autofree char *literal = strchr (config->address, ':') != NULL
                                 ? g_strdup_printf ("[IPv6:%s]", config->address)
                                 : g_strdup_printf ("[%s]", config->address);
  return g_ascii_strcasecmp (domain, literal) == 0;
}

/* @path's domain by its proper name, the first domain's for what says "here" in another way; NULL
 * when it is not served here. */
static const char *
find_domain (EngineService *service, const ProtoPath *path)
{
  static const char *const always[] = { "localhost", "[127.0.0.1]", "[::1]", "[IPv6:::1]" };
  const EngineServerConfig *config = engine_service_get_config (service);

  if (proto_path_is_postmaster (path) || g_ascii_strcasecmp (path->domain, config->domain) == 0
      || is_own_literal (config, path->domain))
    return config->domain;
  for (guint i = 0; i < G_N_ELEMENTS (always); i++)
    if (g_ascii_strcasecmp (path->domain, always[i]) == 0)
      return config->domain;
  return store_site_has_domain (engine_service_get_site (service), path->domain) ? path->domain
                                                                                 : NULL;
}

/* There is always a postmaster, as soon as there is a user to be it. */
static void
add_first_user (StoreSite *site, GPtrArray *found)
{
  g_autoptr (GPtrArray) users = store_site_dup_users (site, NULL);

  for (guint i = 0; users != NULL && i < users->len && found->len == 0; i++)
    if (!((StoreUser *) g_ptr_array_index (users, i))->disabled)
      g_ptr_array_add (found, g_ptr_array_steal_index (users, i));
}

static GPtrArray *
find_users (EngineService *service, const char *local_part, const char *domain)
{
  StoreSite *site = engine_service_get_site (service);
  const char *plus = strchr (local_part, '+');
  g_autofree char *plain
      = plus != NULL ? g_strndup (local_part, (gsize) (plus - local_part)) : g_strdup (local_part);
  GPtrArray *found = store_site_find_users (site, plain, domain);

  if (found->len == 0 && g_ascii_strcasecmp (local_part, "postmaster") == 0)
    add_first_user (site, found);
  return found;
}

static GPtrArray *
find_users_or_catch_all (EngineService *service, const char *local_part, const char *domain)
{
  const char *catch_all = engine_service_get_config (service)->catch_all;
  g_autoptr (GPtrArray) found = find_users (service, local_part, domain);

  return found->len > 0 || catch_all == NULL
             ? g_steal_pointer (&found)
             : store_site_find_users (engine_service_get_site (service), catch_all, domain);
}

static ProtoReply *
reply_to_refusal (const GError *error)
{
  switch ((StoreError) error->code)
    {
    case STORE_ERROR_DISABLED:
      return proto_reply_new (550, "5.2.1", "This mailbox is disabled and takes no letters");
    case STORE_ERROR_TOO_LARGE:
      return proto_reply_new (552, "5.2.2", "The letter is larger than this mailbox may ever hold");
    default:
      return proto_reply_new (452, "4.2.2", "This mailbox is full; try again later");
    }
}

char **
engine_resolve (EngineService *service, const ProtoPath *path, guint64 size, ProtoReply **refusal)
{
  const char *domain = find_domain (service, path);
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  g_autoptr (GError) obstacle = NULL;
  gboolean any = FALSE;

  if (domain == NULL)
    {
      g_autofree char *shown = base_text_escape (path->domain, -1);
      *refusal = proto_reply_new_printf (
          550, "5.7.1", "Relaying denied: %s is not served here, and nothing is passed on", shown);
      return NULL;
    }

  g_autoptr (GPtrArray) users = find_users_or_catch_all (service, path->local_part, domain);
  for (guint i = 0; i < users->len; i++)
    {
      const StoreUser *user = g_ptr_array_index (users, i);
      g_autoptr (GError) error = NULL;

      g_strv_builder_add (names, user->name);
      if (store_site_check_room (user, size, &error))
        any = TRUE;
      /* What may be otherwise later is said rather than what may not. */
      else if (obstacle == NULL || obstacle->code == STORE_ERROR_DISABLED)
        {
          g_clear_error (&obstacle);
          obstacle = g_steal_pointer (&error);
        }
    }
  if (any)
    return g_strv_builder_end (names);
  *refusal = obstacle != NULL ? reply_to_refusal (obstacle)
                              : proto_reply_new (550, "5.1.1", "No such user here");
  return NULL;
}

gboolean
engine_resolve_is_own (EngineService *service, const ProtoPath *path, const char *user)
{
  const char *domain = find_domain (service, path);

  if (domain == NULL)
    return FALSE;
  g_autoptr (GPtrArray) users = find_users (service, path->local_part, domain);
  for (guint i = 0; i < users->len; i++)
    if (g_strcmp0 (((const StoreUser *) g_ptr_array_index (users, i))->name, user) == 0)
      return TRUE;
  return FALSE;
}
