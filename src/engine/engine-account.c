/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-account-private.h"

#include "engine-error.h"

struct _EngineAccount
{
  GObject parent_instance;

  StoreAccount *values;
  char *title;
  gboolean fetching;
  EngineFetchProgress progress;
  GError *problems[2]; /* by EngineTask; or NULL */
  gint64 last_fetch;
};

G_DEFINE_FINAL_TYPE (EngineAccount, engine_account, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_ADDRESS,
  PROP_NAME,
  PROP_TITLE,
  PROP_FETCHING,
  PROP_PROGRESS,
  PROP_PROBLEM,
  PROP_NEEDS_SIGN_IN,
  PROP_LAST_FETCH,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static double
get_fraction (const EngineFetchProgress *progress)
{
  if (progress->total_octets > 0)
    return MIN ((double) progress->octets / (double) progress->total_octets, 1);
  return progress->total_letters > 0
             ? MIN ((double) progress->letters / (double) progress->total_letters, 1)
             : 0;
}

static void
engine_account_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  EngineAccount *account = ENGINE_ACCOUNT (object);

  switch (id)
    {
    case PROP_ADDRESS:
      g_value_set_string (value, account->values->address);
      break;
    case PROP_NAME:
      g_value_set_string (value, account->values->name);
      break;
    case PROP_TITLE:
      g_value_set_string (value, account->title);
      break;
    case PROP_FETCHING:
      g_value_set_boolean (value, account->fetching);
      break;
    case PROP_PROGRESS:
      g_value_set_double (value, get_fraction (&account->progress));
      break;
    case PROP_PROBLEM:
      g_value_set_string (value, engine_account_get_problem (account));
      break;
    case PROP_NEEDS_SIGN_IN:
      g_value_set_boolean (value, engine_account_needs_sign_in (account));
      break;
    case PROP_LAST_FETCH:
      g_value_set_int64 (value, account->last_fetch);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
engine_account_finalize (GObject *object)
{
  EngineAccount *account = ENGINE_ACCOUNT (object);

  store_account_free (account->values);
  g_free (account->title);
  g_clear_error (&account->problems[ENGINE_TASK_FETCHING]);
  g_clear_error (&account->problems[ENGINE_TASK_SENDING]);
  G_OBJECT_CLASS (engine_account_parent_class)->finalize (object);
}

static void
engine_account_class_init (EngineAccountClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = engine_account_get_property;
  object_class->finalize = engine_account_finalize;

  props[PROP_ADDRESS] = g_param_spec_string ("address", NULL, NULL, NULL, flags);
  props[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  props[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, flags);
  props[PROP_FETCHING] = g_param_spec_boolean ("fetching", NULL, NULL, FALSE, flags);
  props[PROP_PROGRESS] = g_param_spec_double ("progress", NULL, NULL, 0, 1, 0, flags);
  props[PROP_PROBLEM] = g_param_spec_string ("problem", NULL, NULL, NULL, flags);
  props[PROP_NEEDS_SIGN_IN] = g_param_spec_boolean ("needs-sign-in", NULL, NULL, FALSE, flags);
  props[PROP_LAST_FETCH] = g_param_spec_int64 ("last-fetch", NULL, NULL, 0, G_MAXINT64, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
engine_account_init (EngineAccount *account)
{
  account->values = store_account_new ();
}

EngineAccount *
engine_account_new (const StoreAccount *values)
{
  EngineAccount *account = g_object_new (ENGINE_TYPE_ACCOUNT, NULL);

  engine_account_set_values (account, values);
  return account;
}

void
engine_account_set_values (EngineAccount *account, const StoreAccount *values)
{
  g_autoptr (StoreAccount) old = g_steal_pointer (&account->values);
  g_autofree char *old_title = g_steal_pointer (&account->title);
  const char *name = values->name != NULL ? values->name : "";

  account->values = store_account_copy (values);
  account->title = *name != '\0' ? g_strdup_printf ("%s <%s>", name, values->address)
                                 : g_strdup (values->address);
  if (g_strcmp0 (old->address, values->address) != 0)
    g_object_notify_by_pspec (G_OBJECT (account), props[PROP_ADDRESS]);
  if (g_strcmp0 (old->name, values->name) != 0)
    g_object_notify_by_pspec (G_OBJECT (account), props[PROP_NAME]);
  if (g_strcmp0 (old_title, account->title) != 0)
    g_object_notify_by_pspec (G_OBJECT (account), props[PROP_TITLE]);
}

void
engine_account_set_fetching (EngineAccount *account, gboolean fetching)
{
  if (account->fetching == fetching)
    return;
  account->fetching = fetching;
  engine_account_set_progress (account, &(const EngineFetchProgress){ 0 });
  g_object_notify_by_pspec (G_OBJECT (account), props[PROP_FETCHING]);
}

void
engine_account_set_progress (EngineAccount *account, const EngineFetchProgress *progress)
{
  account->progress = *progress;
  g_object_notify_by_pspec (G_OBJECT (account), props[PROP_PROGRESS]);
}

void
engine_account_set_problem (EngineAccount *account, EngineTask task, const GError *error)
{
  g_autoptr (GError) old = g_steal_pointer (&account->problems[task]);

  account->problems[task] = error != NULL ? g_error_copy (error) : NULL;
  if (g_strcmp0 (old != NULL ? old->message : NULL, error != NULL ? error->message : NULL) == 0)
    return;
  g_object_notify_by_pspec (G_OBJECT (account), props[PROP_PROBLEM]);
  g_object_notify_by_pspec (G_OBJECT (account), props[PROP_NEEDS_SIGN_IN]);
}

void
engine_account_set_last_fetch (EngineAccount *account, gint64 seconds)
{
  if (account->last_fetch == seconds)
    return;
  account->last_fetch = seconds;
  g_object_notify_by_pspec (G_OBJECT (account), props[PROP_LAST_FETCH]);
}

gint64
engine_account_get_id (EngineAccount *account)
{
  return account->values->id;
}

const StoreAccount *
engine_account_get_values (EngineAccount *account)
{
  return account->values;
}

const char *
engine_account_get_title (EngineAccount *account)
{
  return account->title;
}

gboolean
engine_account_is_fetching (EngineAccount *account)
{
  return account->fetching;
}

const EngineFetchProgress *
engine_account_get_progress (EngineAccount *account)
{
  return &account->progress;
}

static const GError *
get_problem (EngineAccount *account)
{
  return account->problems[ENGINE_TASK_FETCHING] != NULL ? account->problems[ENGINE_TASK_FETCHING]
                                                         : account->problems[ENGINE_TASK_SENDING];
}

const char *
engine_account_get_problem (EngineAccount *account)
{
  const GError *problem = get_problem (account);

  return problem != NULL ? problem->message : NULL;
}

gboolean
engine_account_needs_sign_in (EngineAccount *account)
{
  return g_error_matches (get_problem (account), ENGINE_ERROR, ENGINE_ERROR_SIGN_IN);
}

gint64
engine_account_get_last_fetch (EngineAccount *account)
{
  return account->last_fetch;
}
