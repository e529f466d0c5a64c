using Osmo.Domain.Availability;
using Xunit;

namespace Osmo.Unit.Tests.Availability;

public sealed class ConditionTableTests
{
    [Fact]
    public void A_pair_keeps_its_id_and_status_is_part_of_it()
    {
        var table = new ConditionTable();
        (string, string)[] pairs = [("Ready", "True"), ("Ready", "False"), ("Ready", "True"), ("ready", "True")];
        Assert.Equal([0, 1, 0, 2], pairs.Select(pair => table.Intern(pair.Item1, pair.Item2)));
        Assert.Equal(new ConditionPair("Ready", "False"), table.Get(1));
        Assert.Equal(3, table.Count);
        Assert.True(table.TryFind("ready", "True", out var id));
        Assert.Equal(2, id);
        Assert.False(table.TryFind("ready", "Unknown", out _));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(int.MaxValue)]
    public void An_id_that_was_never_given_out_is_refused(int id)
    {
        var table = new ConditionTable();
        var policy = new ConditionPolicy(NodeConditionRules.Default, table);
        Assert.Throws<ArgumentOutOfRangeException>(() => table.Get(id));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.IsAvailable([id], false));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.Explain([id], false));
        Assert.Throws<ArgumentOutOfRangeException>(() => table.KeepOnly([id], ConditionTable.PairsMaxDefault, out _));
    }

    [Fact]
    public void A_full_table_refuses_new_pairs_keeps_known_ones_and_can_be_rebuilt_from_live_ids()
    {
        var table = new ConditionTable(pairsMax: 2);
        var dead = table.Intern("Old", "True");
        var live = table.Intern("Ready", "True");

        var full = Assert.Throws<ConditionTableFullException>(() => table.Intern("New", "True"));
        Assert.Equal(2, full.PairsMax);
        Assert.False(table.TryIntern("New", "True", out _));
        Assert.Equal(live, table.Intern("Ready", "True"));
        Assert.Equal(2, table.Count);

        var rebuilt = table.KeepOnly([live, live], 2, out var newIds);
        Assert.Equal(-1, newIds[dead]);
        Assert.Equal(new ConditionPair("Ready", "True"), rebuilt.Get(newIds[live]));
        Assert.Equal(1, rebuilt.Intern("New", "True"));
        Assert.Equal(2, rebuilt.PairsMax);
    }

    [Fact]
    public void A_view_does_not_see_what_is_interned_after_it_was_taken()
    {
        var table = new ConditionTable();
        table.Intern("Ready", "True");
        var view = table.View;
        for (var i = 0; i < 1_000; i++)
        {
            table.Intern($"Type{i}", "False");
        }

        Assert.Equal(1, view.Count);
        Assert.Equal("Ready", view[0].Type);
        Assert.Throws<ArgumentOutOfRangeException>(() => view[1]);
        Assert.Equal("Type999", table.Get(1_000).Type);
    }

    [Fact]
    public void Known_pairs_and_verdicts_allocate_nothing()
    {
        var table = new ConditionTable();
        int[] ids = [table.Intern("Ready", "True"), table.Intern("DiskPressure", "False")];
        var policy = new ConditionPolicy(NodeConditionRules.Default, table);
        Touch(table, policy, ids);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Touch(table, policy, ids);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task Readers_judge_correctly_while_the_owner_interns()
    {
        const int Pairs = 4_000;
        var cancel = TestContext.Current.CancellationToken;
        var table = new ConditionTable();
        var policy = new ConditionPolicy(NodeConditionRules.Default, table);
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() => ReadUntil(table, policy, Pairs, cancel), cancel)).ToArray();
        for (var i = 0; i < Pairs; i++)
        {
            table.Intern($"Type{i}", i % 3 == 0 ? "True" : "False");
        }

        Assert.All(await Task.WhenAll(readers), wrong => Assert.Equal(0, wrong));
    }

    private static int ReadUntil(ConditionTable table, ConditionPolicy policy, int count, CancellationToken cancel)
    {
        var wrong = 0;
        for (var seen = 0; seen < count;)
        {
            cancel.ThrowIfCancellationRequested();
            var view = table.View;
            for (; seen < view.Count; seen++)
            {
                // Each id is judged by the newest and the oldest pair as well, so that threads extend the policy at different points.
                wrong += policy.IsAvailable([seen], false) == (view[seen].Status == "False") ? 0 : 1;
                wrong += policy.IsAvailable([view.Count - 1, 0], false) ? 1 : 0;
            }
        }

        return wrong;
    }

    private static void Touch(ConditionTable table, ConditionPolicy policy, int[] ids)
    {
        for (var i = 0; i < 1_000; i++)
        {
            table.Intern("Ready", "True");
            policy.IsAvailable(ids, i % 2 == 0);
        }
    }
}
