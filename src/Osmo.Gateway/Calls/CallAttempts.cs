using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Gateway.Http;
using Osmo.Grains.Backends;

namespace Osmo.Gateway.Calls;

/// <summary>What was tried for one call so far, and how much of its time is left.</summary>
/// <param name="what">What the call is to do, for example <c>read</c>.</param>
/// <param name="backend">The backend that it is about.</param>
/// <param name="change">Who changes something, under which request id; null if the call changes nothing.</param>
/// <param name="limit">How long it is tried in all.</param>
/// <param name="time">The clock.</param>
internal sealed class CallAttempts(string what, BackendName backend, Audit? change, TimeSpan limit, TimeProvider time)
{
    /// <summary>A silo that hangs takes this part of a call's time, and not all of it: then it is asked again, elsewhere perhaps.</summary>
    private const int TriesPerCall = 3;

    private readonly long _started = time.GetTimestamp();
    private bool _outcomeUnknown;

    /// <summary>How many tries failed.</summary>
    public int Failures { get; private set; }

    /// <summary>How much time is left.</summary>
    public TimeSpan Left
    {
        get
        {
            var left = limit - time.GetElapsedTime(_started);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>How long the next try may take.</summary>
    public TimeSpan NextTryTime => TimeSpan.FromTicks(Math.Min(Left.Ticks, limit.Ticks / TriesPerCall));

    /// <summary>A try failed.</summary>
    /// <param name="failure">How.</param>
    /// <param name="wasAsked">Whether the grain may have been asked: then a change may have been made.</param>
    public void Fail(Exception failure, bool wasAsked)
    {
        Failures++;
        _outcomeUnknown |= wasAsked && change is not null && failure is not OsmoException { Code: ErrorCode.Moved };
    }

    /// <summary>The failure of a call that was tried until its time was over.</summary>
    public OsmoException TooLate(Exception last) => new(
        ErrorCode.Unavailable,
        $"Could not {what} backend {backend} within {limit.TotalSeconds:0.#} s ({Failures} {(Failures == 1 ? "try" : "tries")}). "
        + $"The last failure: {GrainFailures.Tell(last)}{(_outcomeUnknown ? $" {WhatToDo()}" : "")}");

    private string WhatToDo() =>
        "The change may have been made all the same. "
        + (RequestIds.KeyOf(change!) is { } key
            ? $"Repeat the request with the header {RequestIds.Header}: {key}, and it is made once."
            : "Read the backend before you repeat it.");
}
