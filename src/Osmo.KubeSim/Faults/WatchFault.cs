namespace Osmo.KubeSim.Faults;

/// <summary>What is done to an open watch.</summary>
public enum WatchFaultKind
{
    /// <summary>The connection (or HTTP/2 stream) is aborted in mid-stream.</summary>
    Drop,

    /// <summary>Half of an event line is sent, then the connection is aborted.</summary>
    CutLine,

    /// <summary>Half of an event line is sent, then the response ends cleanly.</summary>
    CutLineThenEnd,

    /// <summary>A line that is no JSON is sent; the watch goes on.</summary>
    GarbageLine,

    /// <summary>An ERROR event with <see cref="WatchFault.Code"/> is sent, then the watch ends cleanly.</summary>
    ErrorEvent,

    /// <summary>The response ends cleanly, as at timeoutSeconds.</summary>
    End,

    /// <summary>The watch stays open and silent for good, whatever happens; other faults still reach it.</summary>
    Silence,

    /// <summary>A BOOKMARK is sent, at the version up to which this watch was told everything.</summary>
    Bookmark,
}

/// <summary>A fault for open watches.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Code">HTTP code inside an ERROR event.</param>
public sealed record WatchFault(WatchFaultKind Kind, int Code = 410);
