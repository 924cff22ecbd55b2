/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-net"

#include "net-watch-private.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_PER_TURN 256

/* The one source of a context. */
typedef struct
{
  GSource parent_instance;

  GMainContext *context;
  int epoll;
  GPollFD poll;
  guint watches;     /* alive */
  GSequence *times;  /* of NetWatch, the earliest first */
  GPtrArray *dead;   /* freed while their events may still be in hand */
  GPtrArray *due;    /* whose time has come, while they are called */
  gboolean dispatch; /* under way */
} Hub;

struct _NetWatch
{
  Hub *hub;
  int fd;
  NetWatchFunc function; /* NULL once freed */
  gpointer user_data;
  GIOCondition wanted;
  GIOCondition armed;    /* what epoll knows: it may be more than is wanted */
  gint64 time;           /* wanted */
  gint64 queued;         /* by which it stands among the times: not later */
  GSequenceIter *moment; /* NULL: not among them */
};

G_LOCK_DEFINE_STATIC (hubs);
static GHashTable *hubs; /* GMainContext -> Hub */

/* ---- epoll ---- */

static void
arm (NetWatch *watch, GIOCondition conditions)
{
  struct epoll_event event = { .data.ptr = watch };
  int operation = EPOLL_CTL_MOD;

  if (watch->armed == conditions)
    return;
  if (watch->armed == 0)
    operation = EPOLL_CTL_ADD;
  else if (conditions == 0)
    operation = EPOLL_CTL_DEL;
  if (conditions & G_IO_IN)
    event.events |= EPOLLIN;
  if (conditions & G_IO_OUT)
    event.events |= EPOLLOUT;
  if (epoll_ctl (watch->hub->epoll, operation, watch->fd, &event) < 0)
    g_warning ("A connection cannot be watched: %s", g_strerror (errno));
  else
    watch->armed = conditions;
}

static void
call (NetWatch *watch, GIOCondition ready)
{
  if (watch->function != NULL)
    watch->function (ready, watch->user_data);
}

static void
take_event (const struct epoll_event *event)
{
  NetWatch *watch = event->data.ptr;
  GIOCondition ready = 0;

  if (event->events & (EPOLLIN | EPOLLERR | EPOLLHUP))
    ready |= G_IO_IN;
  if (event->events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
    ready |= G_IO_OUT;
  /* Nobody has asked for it any more: epoll is told only now, as most often it is wanted again
   * before it comes. */
  if ((ready & watch->wanted) == 0 || (ready & watch->armed & ~watch->wanted) != 0)
    arm (watch, watch->wanted);
  ready &= watch->wanted;
  if (ready != 0)
    call (watch, ready);
}

/* ---- times ---- */

static int
compare_times (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const NetWatch *one = a;
  const NetWatch *other = b;

  return (one->queued > other->queued) - (one->queued < other->queued);
}

static void
leave_times (NetWatch *watch)
{
  if (watch->moment != NULL)
    g_sequence_remove (watch->moment);
  watch->moment = NULL;
}

static void
enter_times (NetWatch *watch)
{
  watch->queued = watch->time;
  watch->moment = g_sequence_insert_sorted (watch->hub->times, watch, compare_times, NULL);
}

static gint64
get_first_time (Hub *hub)
{
  GSequenceIter *first = g_sequence_get_begin_iter (hub->times);

  return g_sequence_iter_is_end (first) ? G_MAXINT64
                                        : ((NetWatch *) g_sequence_get (first))->queued;
}

/* First those whose time it is, then the calls: a watch that wants the next turn waits for it. */
static void
take_times (Hub *hub)
{
  gint64 now = g_get_monotonic_time ();

  while (get_first_time (hub) <= now)
    {
      NetWatch *watch = g_sequence_get (g_sequence_get_begin_iter (hub->times));

      leave_times (watch);
      if (watch->time <= now)
        {
          watch->time = G_MAXINT64;
          g_ptr_array_add (hub->due, watch);
        }
      else if (watch->time < G_MAXINT64)
        enter_times (watch);
    }
  for (guint i = 0; i < hub->due->len; i++)
    call (hub->due->pdata[i], 0);
  g_ptr_array_set_size (hub->due, 0);
}

/* ---- the source ---- */

static gboolean
hub_prepare (GSource *source, int *timeout)
{
  gint64 first = get_first_time ((Hub *) source);

  *timeout = -1;
  if (first == G_MAXINT64)
    return FALSE;
  gint64 left = first - g_source_get_time (source);
  /* Rounded up, lest it turns in vain. */
  *timeout = left <= 0 ? 0 : (int) MIN ((left + 999) / 1000, G_MAXINT);
  return left <= 0;
}

static gboolean
hub_check (GSource *source)
{
  Hub *hub = (Hub *) source;

  return hub->poll.revents != 0 || get_first_time (hub) <= g_source_get_time (source);
}

static void
let_go_if_empty (Hub *hub)
{
  if (hub->watches > 0 || hub->dispatch)
    return;
  G_LOCK (hubs);
  g_hash_table_remove (hubs, hub->context);
  G_UNLOCK (hubs);
  g_source_destroy (&hub->parent_instance);
  g_source_unref (&hub->parent_instance);
}

static gboolean
hub_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  Hub *hub = (Hub *) source;
  struct epoll_event events[EVENTS_PER_TURN];
  int count = hub->poll.revents != 0 ? epoll_wait (hub->epoll, events, EVENTS_PER_TURN, 0) : 0;

  hub->dispatch = TRUE;
  for (int i = 0; i < count; i++)
    take_event (&events[i]);
  take_times (hub);
  hub->dispatch = FALSE;
  g_ptr_array_set_size (hub->dead, 0);
  let_go_if_empty (hub);
  return G_SOURCE_CONTINUE;
}

static void
hub_finalize (GSource *source)
{
  Hub *hub = (Hub *) source;

  close (hub->epoll);
  g_main_context_unref (hub->context);
  g_sequence_free (hub->times);
  g_ptr_array_unref (hub->dead);
  g_ptr_array_unref (hub->due);
}

static GSourceFuncs hub_funcs = { hub_prepare, hub_check, hub_dispatch, hub_finalize };

static Hub *
hub_new (GMainContext *context)
{
  Hub *hub = (Hub *) g_source_new (&hub_funcs, sizeof (Hub));

  hub->context = g_main_context_ref (context);
  hub->epoll = epoll_create1 (EPOLL_CLOEXEC);
  if (hub->epoll < 0)
    g_error ("No connection can be watched: %s", g_strerror (errno));
  hub->times = g_sequence_new (NULL);
  hub->dead = g_ptr_array_new_with_free_func (g_free);
  hub->due = g_ptr_array_new ();
  hub->poll.fd = hub->epoll;
  hub->poll.events = G_IO_IN;
  g_source_set_static_name (&hub->parent_instance, "[postroom] watches");
  g_source_add_poll (&hub->parent_instance, &hub->poll);
  g_source_attach (&hub->parent_instance, context);
  return hub;
}

static Hub *
get_hub (void)
{
  GMainContext *context = g_main_context_get_thread_default ();
  Hub *hub;

  if (context == NULL)
    context = g_main_context_default ();
  G_LOCK (hubs);
  if (hubs == NULL)
    hubs = g_hash_table_new (NULL, NULL);
  hub = g_hash_table_lookup (hubs, context);
  if (hub == NULL)
    {
      hub = hub_new (context);
      g_hash_table_insert (hubs, context, hub);
    }
  G_UNLOCK (hubs);
  return hub;
}

/* ---- the watch ---- */

NetWatch *
net_watch_new (int fd, NetWatchFunc function, gpointer user_data)
{
  NetWatch *watch = g_new0 (NetWatch, 1);

  watch->hub = get_hub ();
  watch->hub->watches++;
  watch->fd = fd;
  watch->function = function;
  watch->user_data = user_data;
  watch->time = G_MAXINT64;
  return watch;
}

void
net_watch_free (NetWatch *watch)
{
  Hub *hub = watch->hub;

  arm (watch, 0);
  leave_times (watch);
  watch->function = NULL;
  watch->wanted = 0;
  hub->watches--;
  if (hub->dispatch)
    g_ptr_array_add (hub->dead, watch);
  else
    g_free (watch);
  let_go_if_empty (hub);
}

void
net_watch_set_conditions (NetWatch *watch, GIOCondition conditions)
{
  watch->wanted = conditions;
  if (conditions == 0 || (conditions & ~watch->armed) != 0)
    arm (watch, conditions);
}

void
net_watch_set_time (NetWatch *watch, gint64 time)
{
  watch->time = time;
  /* One that stands earlier finds out when its turn comes: most moments only move on. */
  if (time == G_MAXINT64 || (watch->moment != NULL && watch->queued <= time))
    return;
  leave_times (watch);
  enter_times (watch);
}

GMainContext *
net_watch_get_context (NetWatch *watch)
{
  return watch->hub->context;
}
