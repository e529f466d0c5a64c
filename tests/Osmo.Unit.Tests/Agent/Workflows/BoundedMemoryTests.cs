using FsCheck;
using FsCheck.Fluent;
using Osmo.Agent;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Agent.Workflows;

public sealed class BoundedMemoryTests
{
    [Fact]
    public void What_was_not_asked_for_longest_goes_first()
    {
        BoundedMemory<string, int> memory = new(2, null, new ManualTimeProvider());
        memory.Set("a", 1);
        memory.Set("b", 2);
        Assert.True(memory.TryGet("a", out int a) && a == 1);
        memory.Set("c", 3);
        Assert.False(memory.TryGet("b", out _));
        Assert.True(memory.TryGet("a", out _) && memory.TryGet("c", out _));
    }

    [Fact]
    public void A_lifetime_begins_when_an_entry_is_set_and_not_when_it_is_asked_for()
    {
        ManualTimeProvider time = new();
        BoundedMemory<string, int> memory = new(10, TimeSpan.FromMinutes(15), time);
        memory.Set("a", 1);
        time.Advance(TimeSpan.FromMinutes(14));
        Assert.True(memory.TryGet("a", out _));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(memory.TryGet("a", out _));
        Assert.Equal(0, memory.Count);
    }

    [Fact]
    public void It_holds_the_latest_entries_whatever_is_done_to_it() => Prop.ForAll<int[]>(keys =>
    {
        BoundedMemory<int, int> memory = new(5, null, new ManualTimeProvider());
        List<int> model = [];
        for (int i = 0; i < keys.Length; i++)
        {
            int key = keys[i] % 9;
            if (i % 3 == 0)
            {
                Assert.Equal(model.Remove(key), memory.TryGet(key, out _));
                model.AddRange(memory.TryGet(key, out _) ? [key] : []);
            }
            else
            {
                memory.Set(key, i);
                model.Remove(key);
                model.Add(key);
                model = [.. model.TakeLast(5)];
            }

            Assert.Equal(model.Count, memory.Count);
        }
    }).QuickCheckThrowOnFailure();
}
