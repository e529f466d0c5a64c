using Microsoft.AspNetCore.Http;
using Osmo.KubeSim.Selectors;

namespace Osmo.KubeSim.Api;

/// <summary>The query of a list or watch, checked as kube-apiserver checks it.</summary>
internal sealed record ListOptions
{
    public required NodeSelection Selection { get; init; }

    /// <summary>Null when absent.</summary>
    public ulong? Version { get; init; }

    /// <summary>NotOlderThan, Exact, or null when absent.</summary>
    public string? VersionMatch { get; init; }

    public int Limit { get; init; }

    public string? Continue { get; init; }

    public TimeSpan? Timeout { get; init; }

    public bool AllowBookmarks { get; init; }

    public bool? SendInitialEvents { get; init; }

    /// <param name="query">The query.</param>
    /// <param name="watch">A watch, not a list.</param>
    /// <param name="watchListEnabled">Whether a watch may begin with a list.</param>
    /// <param name="nodes">Whether nodes are asked for, which the selectors are then read for.</param>
    public static ListOptions Parse(IQueryCollection query, bool watch, bool watchListEnabled, bool nodes = true)
    {
        var version = Text(query, "resourceVersion");
        var match = Text(query, "resourceVersionMatch");
        var sendInitialEvents = query.ContainsKey("sendInitialEvents") ? QueryFlag.IsOn(query, "sendInitialEvents") : (bool?)null;
        var causes = watch ? CheckWatch(match, sendInitialEvents, watchListEnabled) : CheckList(query, version, match, sendInitialEvents);
        if (causes.Count > 0)
        {
            throw Failures.InvalidListOptions(causes);
        }

        ulong? parsed = null;
        if (version is not null)
        {
            parsed = ulong.TryParse(version, out var number) ? number
                : throw (watch ? Failures.WatchVersionUnreadable(version) : Failures.ListVersionUnreadable(version));
        }

        var token = Text(query, "continue");
        if (!watch && token is not null && parsed is not null && parsed != 0)
        {
            throw Failures.BadRequest("specifying resource version is not allowed when using continue");
        }

        return new ListOptions
        {
            Selection = nodes ? ParseSelection(query) : new NodeSelection(LabelSelector.Everything, FieldSelector.Everything),
            Version = parsed,
            VersionMatch = match,
            Limit = Number(query, "limit") ?? 0,
            Continue = token,
            Timeout = Number(query, "timeoutSeconds") is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : null,
            AllowBookmarks = QueryFlag.IsOn(query, "allowWatchBookmarks"),
            SendInitialEvents = sendInitialEvents,
        };
    }

    private static List<StatusCause> CheckWatch(string? match, bool? sendInitialEvents, bool watchListEnabled)
    {
        const string Match = "resourceVersionMatch";
        var causes = new List<StatusCause>();
        if (sendInitialEvents is null)
        {
            if (match is not null)
            {
                causes.Add(Forbidden(Match, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
            }

            return causes;
        }

        if (!watchListEnabled)
        {
            causes.Add(Forbidden("sendInitialEvents",
                "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"));
            return causes;
        }

        if (match != "NotOlderThan")
        {
            causes.Add(Forbidden(Match, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
        }

        if (match is not null and not "NotOlderThan")
        {
            causes.Add(new("FieldValueNotSupported", $"Unsupported value: \"{match}\": supported values: \"NotOlderThan\"", Match));
        }

        return causes;
    }

    private static List<StatusCause> CheckList(IQueryCollection query, string? version, string? match, bool? sendInitialEvents)
    {
        const string Match = "resourceVersionMatch";
        var causes = new List<StatusCause>();
        if (match is not null)
        {
            if (version is null)
            {
                causes.Add(Forbidden(Match, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
            }

            if (Text(query, "continue") is not null)
            {
                causes.Add(Forbidden(Match, "resourceVersionMatch is forbidden when continue is provided"));
            }

            if (match is not ("Exact" or "NotOlderThan"))
            {
                causes.Add(new("FieldValueNotSupported",
                    $"Unsupported value: \"{match}\": supported values: \"Exact\", \"NotOlderThan\"", Match));
            }

            if (match == "Exact" && version == "0")
            {
                causes.Add(Forbidden(Match, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
            }
        }

        if (sendInitialEvents is not null)
        {
            causes.Add(Forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
        }

        return causes;
    }

    private static StatusCause Forbidden(string field, string message) => new("FieldValueForbidden", "Forbidden: " + message, field);

    private static NodeSelection ParseSelection(IQueryCollection query)
    {
        try
        {
            return new NodeSelection(LabelSelectorParser.Parse(query["labelSelector"]), FieldSelector.Parse(query["fieldSelector"]));
        }
        catch (FormatException e)
        {
            throw Failures.BadRequest(e.Message);
        }
    }

    private static string? Text(IQueryCollection query, string name) =>
        query.TryGetValue(name, out var value) && !string.IsNullOrEmpty(value) ? (string?)value : null;

    private static int? Number(IQueryCollection query, string name)
    {
        var text = Text(query, name);
        return text is null ? null
            : int.TryParse(text, out var number) ? number
            : throw Failures.BadRequest($"strconv.ParseInt: parsing \"{text}\": invalid syntax");
    }
}
