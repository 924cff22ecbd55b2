/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-spam"

#include "spam-verdict.h"

#include <math.h>
#include <string.h>

#define SHOWN_CLUES 15
/* From this share of what is required a person had better look. */
#define UNSURE_SHARE 0.5
#define LIST_POINTS  100

const char *
spam_class_get_name (SpamClass class)
{
  static const char *const names[]
      = { [SPAM_CLASS_GOOD] = "good", [SPAM_CLASS_UNSURE] = "unsure", [SPAM_CLASS_JUNK] = "junk" };

  return names[class];
}

/* What was learned as points: where it is sure it decides, in between the rules do. */
static double
points_of_belief (double belief)
{
  static const struct
  {
    double belief, points;
  } steps[] = { { 0, -5 }, { 0.1, -3 }, { 0.5, 0.5 }, { 0.75, 4 }, { 0.9, 5 }, { 1, 6.5 } };
  gsize i = 1;

  while (i + 1 < G_N_ELEMENTS (steps) && belief > steps[i].belief)
    i++;
  double share = (belief - steps[i - 1].belief) / (steps[i].belief - steps[i - 1].belief);
  return steps[i - 1].points + share * (steps[i].points - steps[i - 1].points);
}

static void
add_hit (SpamVerdict *verdict, SpamHit *hit)
{
  verdict->score += hit->weight;
  g_ptr_array_add (verdict->hits, hit);
}

static void
add_belief (SpamVerdict *verdict, const SpamBelief *belief)
{
  if (!spam_belief_counts (belief))
    return;
  verdict->belief = belief->junk;
  g_autofree char *words
      = g_strdup_printf ("By the %u junk and %u good letters that were sorted: "
                         "%.0f%% junk",
                         belief->letters.junk, belief->letters.good, belief->junk * 100);
  add_hit (verdict, spam_hit_new ("LEARNED", points_of_belief (belief->junk), words));
  for (guint i = 0; i < MIN (belief->clues->len, SHOWN_CLUES); i++)
    {
      const SpamClue *clue = &g_array_index (belief->clues, SpamClue, i);
      g_ptr_array_add (verdict->clues, g_strdup_printf ("%.2f %s", clue->junk, clue->text));
    }
}

static void
add_sender (SpamVerdict *verdict, const SpamJudge *judge, const SpamMaterial *material)
{
  if (judge->find_sender == NULL || *material->from == '\0')
    return;
  verdict->sender = judge->find_sender (judge->data, material->from);
  if (verdict->sender == SPAM_SENDER_ALLOWED)
    add_hit (verdict, spam_hit_new ("ALLOWED", -LIST_POINTS, "You allow this sender"));
  else if (verdict->sender == SPAM_SENDER_BLOCKED)
    add_hit (verdict, spam_hit_new ("BLOCKED", LIST_POINTS, "You block this sender"));
}

SpamVerdict *
spam_judge (const SpamJudge *judge, MessageLetter *letter)
{
  SpamVerdict *verdict = g_new0 (SpamVerdict, 1);
  g_autoptr (SpamMaterial) material = spam_material_new (letter);
  g_autoptr (GPtrArray) hits = spam_rules_run (judge->rules, material);
  g_autoptr (GError) error = NULL;

  verdict->required = spam_rules_get_required (judge->rules);
  verdict->belief = -1;
  verdict->hits = g_ptr_array_new_with_free_func ((GDestroyNotify) spam_hit_free);
  verdict->clues = g_ptr_array_new_with_free_func (g_free);
  add_sender (verdict, judge, material);
  if (judge->stock != NULL)
    {
      g_autoptr (SpamWords) words = spam_words_new (material);
      g_autoptr (SpamBelief) belief = spam_bayes_judge (judge->stock, words, &error);
      if (belief != NULL)
        add_belief (verdict, belief);
      else
        g_warning ("What was learned about junk is left out: %s", error->message);
    }
  g_ptr_array_set_free_func (hits, NULL);
  for (guint i = 0; i < hits->len; i++)
    add_hit (verdict, g_ptr_array_index (hits, i));

  /* As it is shown: 4.96 is no 5.0. */
  verdict->score = round (verdict->score * 10) / 10;
  if (verdict->score >= verdict->required)
    verdict->class = SPAM_CLASS_JUNK;
  else if (verdict->score >= verdict->required * UNSURE_SHARE)
    verdict->class = SPAM_CLASS_UNSURE;
  return verdict;
}

void
spam_verdict_free (SpamVerdict *verdict)
{
  g_ptr_array_unref (verdict->hits);
  g_ptr_array_unref (verdict->clues);
  g_free (verdict);
}

SpamWords *
spam_words_of_letter (MessageLetter *letter)
{
  g_autoptr (SpamMaterial) material = spam_material_new (letter);

  return spam_words_new (material);
}

char *
spam_verdict_dup_tests (const SpamVerdict *verdict, gsize width)
{
  GString *tests = g_string_new ("tests=");

  for (guint i = 0; i < verdict->hits->len; i++)
    {
      const SpamHit *hit = g_ptr_array_index (verdict->hits, i);
      guint left = verdict->hits->len - i;
      /* Room for ",+NN" behind it. */
      if (tests->len + strlen (hit->name) + 1 + (left > 1 ? 5 : 0) > width)
        {
          g_string_append_printf (tests, "%s+%u", i > 0 ? "," : "", left);
          break;
        }
      g_string_append_printf (tests, "%s%s", i > 0 ? "," : "", hit->name);
    }
  if (verdict->hits->len == 0)
    g_string_append (tests, "none");
  return g_string_free (tests, FALSE);
}
