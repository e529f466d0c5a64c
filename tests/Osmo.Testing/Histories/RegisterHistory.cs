using System.Collections.Concurrent;
using System.Diagnostics;

namespace Osmo.Testing.Histories;

/// <summary>Collects what clients asked of one register and what they were answered. Any number of clients at once.</summary>
/// <param name="name">The register's name.</param>
/// <param name="initial">What was in force when nobody had asked for anything yet.</param>
public sealed class RegisterHistory(string name, RegisterState initial)
{
    private readonly ConcurrentQueue<RegisterOperation> _operations = new();
    private long _acknowledgedWrites;
    private long _unknown;

    public string Name => name;

    public RegisterState Initial => initial;

    /// <summary>Writes that were acknowledged so far.</summary>
    public long AcknowledgedWrites => Interlocked.Read(ref _acknowledgedWrites);

    /// <summary>Writes of which nobody knows whether they had an effect.</summary>
    public long UnknownWrites => Interlocked.Read(ref _unknown);

    public IReadOnlyCollection<RegisterOperation> Operations => _operations;

    /// <summary>The moment for <see cref="RegisterOperation.InvokedAt"/> and <see cref="RegisterOperation.CompletedAt"/>.</summary>
    public static long Now() => Stopwatch.GetTimestamp();

    public void Add(RegisterOperation operation)
    {
        if (operation.Action == RegisterAction.Read && operation.Outcome != RegisterOutcome.Ok)
        {
            // Who read nothing says nothing.
            return;
        }

        _operations.Enqueue(operation);
        if (operation.Action == RegisterAction.Write && operation.Outcome == RegisterOutcome.Ok)
        {
            Interlocked.Increment(ref _acknowledgedWrites);
        }
        else if (operation.Outcome == RegisterOutcome.Unknown)
        {
            Interlocked.Increment(ref _unknown);
        }
    }

    /// <summary>Why no order of the operations explains what the clients saw; null where one does.</summary>
    /// <param name="stored">Every revision that the store has in the end, if that is known.</param>
    public string? Violation(IReadOnlyList<RegisterState>? stored = null) =>
        Linearizability.Violation(initial, _operations, stored) is { } violation ? $"{name}: {violation}" : null;
}
