using System.CommandLine;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Kubernetes;
using Osmo.Server.Clusters;

namespace Osmo.Server.Commands;

/// <summary><c>watch</c>: the same as the demo, with real clusters.</summary>
internal static class WatchCommand
{
    public static Command Create()
    {
        var settings = new ServerSettings();
        var kubeconfig = new Option<string?>("--kubeconfig")
        {
            Description = "The kubeconfig; KUBECONFIG or ~/.kube/config where it is not given.",
        };
        var contexts = new Option<string[]>("--context")
        {
            Description = "A context to watch, or CONTEXT=NAME to name its backend. May be repeated; "
                + "the current context where it is not given.",
        };
        var labels = new Option<bool>("--labels")
        {
            Description = "Write the verified label to the nodes. Without it nothing in the clusters is changed.",
        };
        var command = new Command("watch", "Start silo and gateway, watch the clusters of a kubeconfig, and show what happens.")
        {
            kubeconfig, contexts, labels,
        };
        settings.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            var named = parsed.GetValue(contexts) is { Length: > 0 } given ? given : [""];
            var clusters = named.Select(context => Load(parsed.GetValue(kubeconfig), context, parsed.GetValue(labels))).ToArray();
            RefuseSameNames(clusters);
            return await FleetSession.RunAsync(settings, parsed, clusters, configure: null);
        });
        return command;
    }

    private static WatchedCluster Load(string? kubeconfig, string context, bool labels)
    {
        var parts = context.Split('=', 2);
        var configuration = KubernetesConfiguration.Load(kubeconfig, parts[0].Length == 0 ? null : parts[0]);
        var name = parts.Length == 2 ? BackendName.Parse(parts[1]) : NameOf(configuration.Context ?? "cluster");

        // A configuration from earlier may have labels on; without the option not even that may change somebody's cluster.
        return new WatchedCluster(name, configuration, labels) { AllowLabelPatches = labels };
    }

    private static void RefuseSameNames(IReadOnlyList<WatchedCluster> clusters)
    {
        foreach (var same in clusters.GroupBy(cluster => cluster.Backend).Where(group => group.Count() > 1))
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                $"{same.Count()} of the contexts have the backend name {same.Key}. Name each of them otherwise: --context CONTEXT=NAME.");
        }
    }

    /// <summary>Contexts have names such as <c>gke_project_zone_name</c> or <c>user@cluster</c>; a backend's name is a DNS label.</summary>
    private static BackendName NameOf(string context)
    {
        var text = string.Concat(context.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');
        text = text.Length <= BackendName.CharsMax ? text : text[^BackendName.CharsMax..].Trim('-');
        return BackendName.TryParse(text, out var name)
            ? name
            : throw new OsmoException(
                ErrorCode.Invalid, $"No backend name can be made of the context \"{context}\". Name it: --context \"{context}=NAME\".");
    }
}
