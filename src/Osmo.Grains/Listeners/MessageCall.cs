namespace Osmo.Grains.Listeners;

/// <summary>
/// The messages that one call brings: which it applies, and which were brought before. A connection that was cut may still bring what the
/// next one brings again, and later: applied twice, a message would undo what came in between. Not thread-safe.
/// </summary>
/// <param name="underWay">The messages of the backend whose effect is not durable yet, with the end of the call that applies them.</param>
/// <param name="memory">Those that are durable.</param>
internal sealed class MessageCall(Dictionary<string, Task> underWay, MessageMemory memory)
{
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<Task> _others = [];

    /// <summary>The messages that this call applies.</summary>
    public HashSet<string> New { get; } = new(StringComparer.Ordinal);

    /// <summary>The others. They have no effect, and are noted again: they may come once more after the next interruption.</summary>
    public HashSet<string> Again { get; } = new(StringComparer.Ordinal);

    /// <summary>The end of the calls that apply those of <see cref="Again"/> that are not durable yet.</summary>
    public Task Others => Task.WhenAll(_others);

    /// <summary>Whether a message is to be applied by this call.</summary>
    public bool Takes(string message)
    {
        if (New.Contains(message))
        {
            return false;
        }

        if (underWay.TryGetValue(message, out var other))
        {
            _others.Add(other);
        }
        else if (!memory.Knows(message))
        {
            New.Add(message);
            underWay.Add(message, _end.Task);
            return true;
        }

        Again.Add(message);
        return false;
    }

    /// <summary>What this call applied is durable, or the activation is over.</summary>
    public void End()
    {
        _end.SetResult();
        foreach (var message in New)
        {
            underWay.Remove(message);
        }
    }
}
