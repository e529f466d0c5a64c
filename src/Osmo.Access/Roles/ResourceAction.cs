using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Osmo.Access.Roles;

/// <summary>
/// Actions as newer OSMO servers have them, such as <c>internal:Operator</c> on <c>backend/b1</c>. OSMO's command line writes the role of
/// an agent for one backend with them; they are kept as the requests that they mean.
/// </summary>
public static partial class ResourceAction
{
    private const string Example = "\"resources\": [\"backend/NAME\"]";

    /// <summary>By action: the requests, with <c>{0}</c> for the backend.</summary>
    private static readonly Dictionary<string, string[]> Requests = new(StringComparer.Ordinal)
    {
        ["internal:Operator"] =
        [
            "http:/api/agent/listener/*/backend/{0}:*", "http:/api/agent/worker/backend/{0}:*",
            "http:/api/agent/channel/backend/{0}:Websocket",
        ],
        ["config:Read"] = ["http:/api/configs/backend/{0}:Get"],
        ["pool:List"] = ["http:/api/pool:Get", "http:/api/pool_quota:Get"],
    };

    /// <summary>Whether a text is written as such an action.</summary>
    public static bool IsOne(string? text) => text is not null && Shape().IsMatch(text);

    /// <summary>The requests that an action allows.</summary>
    /// <param name="text">The action.</param>
    /// <param name="resources">The resources of its policy: <c>backend/NAME</c>, or <c>backend/PREFIX*</c>.</param>
    /// <param name="actions">The requests.</param>
    /// <param name="problem">What is wrong.</param>
    public static bool TryTranslate(
        string text,
        IReadOnlyCollection<string> resources,
        out ImmutableArray<RoleAction> actions,
        [NotNullWhen(false)] out string? problem)
    {
        actions = [];
        if (!Requests.TryGetValue(text, out var requests))
        {
            problem = $"is not known here: of OSMO's actions use {string.Join(", ", Requests.Keys)} with {Example}, or write requests "
                + "such as http:/api/pool/*:Get.";
            return false;
        }

        if (resources.Count == 0 || resources.FirstOrDefault(resource => !Backend().IsMatch(resource)) is not null)
        {
            problem = $"is for backends here: give its policy {Example}, or \"backend/*\" for all.";
            return false;
        }

        problem = null;
        actions =
        [
            .. resources.SelectMany(resource => requests.Select(
                request => RoleAction.Parse(request.Replace("{0}", resource["backend/".Length..], StringComparison.Ordinal)))),
        ];
        return true;
    }

    [GeneratedRegex(@"^(\*|[a-z]+):(\*|[A-Z][a-zA-Z]*)\z")]
    private static partial Regex Shape();

    [GeneratedRegex(@"^backend/([a-z0-9][a-z0-9.-]*\*?|\*)\z")]
    private static partial Regex Backend();
}
