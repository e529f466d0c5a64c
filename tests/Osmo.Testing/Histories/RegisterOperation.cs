using System.Diagnostics;
using System.Globalization;

namespace Osmo.Testing.Histories;

/// <summary>What a client asked a register for.</summary>
public enum RegisterAction
{
    /// <summary>The value in force with its revision.</summary>
    Read,

    /// <summary>A new value, perhaps only if a certain revision is in force.</summary>
    Write,
}

/// <summary>What a client knows of the end of an operation.</summary>
public enum RegisterOutcome
{
    /// <summary>It was acknowledged.</summary>
    Ok,

    /// <summary>It was refused because another revision was in force than its condition named; it must have had no effect.</summary>
    Refused,

    /// <summary>No answer, or one that says nothing: it may have had its effect, may have it at any later time, or never.</summary>
    Unknown,
}

/// <summary>An operation on a register with revisions, as a client saw it. Values that are written are unique within a history.</summary>
/// <param name="Client">Who asked.</param>
/// <param name="Action">What for.</param>
/// <param name="Outcome">What is known of its end.</param>
/// <param name="Value">The value that was written or read.</param>
/// <param name="Revision">The revision that was acknowledged or read; 0 where none was.</param>
/// <param name="IfMatch">The revision that the write is conditional on; null for none.</param>
/// <param name="InvokedAt">Before the first byte of the request was sent, in ticks of the stopwatch.</param>
/// <param name="CompletedAt">After the last byte of the answer came, in ticks of the stopwatch.</param>
public sealed record RegisterOperation(
    string Client,
    RegisterAction Action,
    RegisterOutcome Outcome,
    string Value,
    long Revision,
    long? IfMatch,
    long InvokedAt,
    long CompletedAt)
{
    /// <summary>The last moment at which it can have had its effect.</summary>
    internal long Deadline => Outcome == RegisterOutcome.Unknown ? long.MaxValue : CompletedAt;

    /// <summary>The operation in words, with times in milliseconds since the start of its history.</summary>
    public string InWords(long origin)
    {
        var what = Action == RegisterAction.Read ? "the read of" : "the write of";
        var condition = IfMatch is { } revision ? $" if revision {revision} is in force" : "";
        var end = Outcome switch
        {
            RegisterOutcome.Ok => $"to {Ms(CompletedAt - origin)} ms, revision {Revision}",
            RegisterOutcome.Refused => $"to {Ms(CompletedAt - origin)} ms, refused",
            _ => "ms, without an answer",
        };
        return $"{what} \"{Value}\"{condition} by {Client} ({Ms(InvokedAt - origin)} {end})";
    }

    private static string Ms(long ticks) => (ticks * 1_000.0 / Stopwatch.Frequency).ToString("F3", CultureInfo.InvariantCulture);
}

/// <summary>A value with its revision.</summary>
public readonly record struct RegisterState(long Revision, string Value);
