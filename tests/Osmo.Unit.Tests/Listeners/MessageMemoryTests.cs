using System.Globalization;
using Osmo.Grains.Listeners;
using Xunit;

namespace Osmo.Unit.Tests.Listeners;

/// <summary>Which messages are recognized when they come again.</summary>
public sealed class MessageMemoryTests
{
    [Fact]
    public void The_latest_are_recognized_and_older_ones_are_not()
    {
        var memory = new MessageMemory([]);
        Assert.True(TryAdd(memory, Id(0)));
        Assert.False(TryAdd(memory, Id(0)));
        for (var i = 1; i <= MessageMemory.LatestMax; i++)
        {
            Assert.True(TryAdd(memory, Id(i)));
        }

        Assert.True(TryAdd(memory, Id(0)));
    }

    [Fact]
    public void The_beginning_of_a_connection_is_recognized_however_much_came_after()
    {
        var memory = new MessageMemory([]);
        memory.BeginConnection();
        for (var i = 0; i < 10 * MessageMemory.LatestMax; i++)
        {
            Assert.True(TryAdd(memory, Id(i)));
        }

        Assert.False(TryAdd(memory, Id(MessageMemory.BeginningMax - 1)));
        Assert.True(TryAdd(memory, Id(MessageMemory.BeginningMax)));
    }

    [Fact]
    public void What_comes_again_at_the_beginning_of_a_connection_is_recognized_however_much_came_after()
    {
        var memory = new MessageMemory([]);
        memory.BeginConnection();
        for (var i = 0; i <= MessageMemory.BeginningMax; i++)
        {
            TryAdd(memory, Id(i));
        }

        memory.BeginConnection();
        Assert.False(TryAdd(memory, Id(MessageMemory.BeginningMax)));
        for (var i = 1_000; i < 1_000 + MessageMemory.LatestMax; i++)
        {
            TryAdd(memory, Id(i));
        }

        memory.BeginConnection();
        Assert.False(TryAdd(memory, Id(MessageMemory.BeginningMax)));
    }

    [Fact]
    public void The_beginnings_of_the_last_connections_are_kept()
    {
        var memory = new MessageMemory([]);
        for (var connection = 0; connection <= MessageMemory.ConnectionsMax; connection++)
        {
            memory.BeginConnection();
            TryAdd(memory, Id(connection));
        }

        var kept = new MessageMemory(memory.ToBytes());
        Assert.False(memory.Changed);
        Assert.True(TryAdd(kept, Id(0)));
        for (var connection = 1; connection <= MessageMemory.ConnectionsMax; connection++)
        {
            Assert.False(TryAdd(kept, Id(connection)));
        }
    }

    [Fact]
    public void A_connection_that_brings_nothing_pushes_none_out()
    {
        var memory = new MessageMemory([]);
        memory.BeginConnection();
        TryAdd(memory, Id(1));
        for (var i = 0; i < 100; i++)
        {
            memory.BeginConnection();
        }

        Assert.False(TryAdd(new MessageMemory(memory.ToBytes()), Id(1)));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("zz345678901234567890123456789012")]
    [InlineData("\ud83d\ude00 is no hexadecimal digit at all..")]
    public void Any_text_may_be_an_id(string id)
    {
        var memory = new MessageMemory([]);
        Assert.True(TryAdd(memory, id));
        Assert.False(TryAdd(memory, id));
        Assert.True(TryAdd(memory, id + "x"));
    }

    /// <summary>Takes a message. True if it was new.</summary>
    private static bool TryAdd(MessageMemory memory, string message)
    {
        var isNew = !memory.Knows(message);
        memory.Add(message);
        return isNew;
    }

    private static string Id(int number) => number.ToString("x32", CultureInfo.InvariantCulture);
}
