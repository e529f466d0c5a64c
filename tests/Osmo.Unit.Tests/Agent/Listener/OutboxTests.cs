using System.Text.Json.Nodes;
using Osmo.Agent;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Agent.Listener;

/// <summary>The window, and what a new connection begins with.</summary>
public sealed class OutboxTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void No_more_than_the_window_is_on_its_way_and_each_acknowledgement_opens_it_by_one()
    {
        ListenerOutbox outbox = Outbox(window: 3);
        Add(outbox, 5);
        List<string> sent = Send(outbox);
        Assert.Equal(3, sent.Count);
        Assert.Equal(0, outbox.Room);

        Assert.True(outbox.Acknowledge(sent[1]));
        Assert.Single(Send(outbox));
        Assert.True(outbox.Acknowledge(sent[0]));
        Assert.True(outbox.Acknowledge(sent[2]));
        Assert.Equal((2, 1), (outbox.Count, outbox.Room));
        Assert.Single(Send(outbox));
        Assert.Empty(Send(outbox));
    }

    [Fact]
    public void A_new_connection_begins_with_what_was_not_acknowledged_in_order_under_the_old_ids()
    {
        ListenerOutbox outbox = Outbox(window: 100);
        Add(outbox, 4);
        List<string> sent = Send(outbox);
        outbox.Acknowledge(sent[0]);
        outbox.Acknowledge(sent[2]);
        outbox.Rewind();
        Add(outbox, 1);
        List<string> again = Send(outbox);
        Assert.Equal([sent[1], sent[3]], again[..2]);
        Assert.Equal(3, again.Count);

        // Once acknowledged, nothing comes back: neither now nor at the next connection.
        Assert.All(again, id => Assert.True(outbox.Acknowledge(id)));
        outbox.Rewind();
        Assert.Empty(Send(outbox));
        Assert.Equal(0, outbox.Count);
    }

    [Fact]
    public void An_acknowledgement_that_nobody_waits_for_changes_nothing()
    {
        ListenerOutbox outbox = Outbox(window: 2);
        Add(outbox, 3);
        List<string> sent = Send(outbox);
        Assert.False(outbox.Acknowledge("00000000000000000000000000000000"));
        Assert.True(outbox.Acknowledge(sent[0]));
        Assert.False(outbox.Acknowledge(sent[0]));
        Assert.Single(Send(outbox));
        Assert.Empty(Send(outbox));
    }

    [Fact]
    public void An_acknowledgement_of_the_last_connections_message_does_not_widen_the_window()
    {
        ListenerOutbox outbox = Outbox(window: 2);
        Add(outbox, 4);
        List<string> sent = Send(outbox);
        outbox.Rewind();
        Assert.True(outbox.Acknowledge(sent[0]));
        Assert.Equal(2, Send(outbox).Count);
        Assert.Empty(Send(outbox));
    }

    [Fact]
    public void How_long_the_oldest_message_waits_counts_from_this_connection_on()
    {
        ListenerOutbox outbox = Outbox(window: 2);
        outbox.Rewind();
        Add(outbox, 1);
        Assert.Equal(TimeSpan.Zero, outbox.Waiting);
        string id = Assert.Single(Send(outbox));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.FromSeconds(5), outbox.Waiting);
        outbox.Rewind();
        Assert.Equal(TimeSpan.Zero, outbox.Waiting);
        outbox.Acknowledge(id);
        Assert.Equal(TimeSpan.Zero, outbox.Waiting);
    }

    private ListenerOutbox Outbox(int window) => new(window, new AsyncSignal(), _time);

    private static void Add(ListenerOutbox outbox, int count)
    {
        for (; count > 0; count--)
        {
            outbox.Add("heartbeat", "{}"u8);
        }
    }

    private static List<string> Send(ListenerOutbox outbox)
    {
        List<string> ids = [];
        while (outbox.TryTake(out ReadOnlyMemory<byte> frame))
        {
            ids.Add((string)JsonNode.Parse(frame.Span)!["uuid"]!);
        }

        return ids;
    }
}
