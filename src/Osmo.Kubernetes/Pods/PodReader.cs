using System.Collections.Immutable;

namespace Osmo.Kubernetes;

/// <summary>
/// Reads pods. Unknown fields are passed over, and a field of another kind than expected counts as absent: a single odd pod must not
/// hide all others.
/// </summary>
internal static class PodReader
{
    /// <exception cref="JsonFormatException">It cannot be read.</exception>
    public static (PodProjection? Pod, string ResourceVersion) Read(ref JsonCursor cursor)
    {
        PodProjection pod = new() { Namespace = "", Name = "" };
        WorkflowPodReader workflow = new();
        string version = "";
        bool first = true;
        while (JsonMembers.Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("metadata"u8))
            {
                pod = ReadMetadata(ref cursor, pod, ref workflow, ref version);
            }
            else if (name.SequenceEqual("spec"u8))
            {
                pod = ReadSpec(ref cursor, pod, ref workflow);
            }
            else if (name.SequenceEqual("status"u8))
            {
                JsonCursor status = cursor;
                pod = ReadStatus(ref cursor, pod);
                workflow.HoldStatus(status);
            }
            else
            {
                cursor.Skip();
            }
        }

        return (pod.Name.Length > 0 ? pod with { Workflow = workflow.Read() } : null, version);
    }

    private static PodProjection ReadMetadata(
        ref JsonCursor cursor, PodProjection pod, ref WorkflowPodReader workflow, ref string version)
    {
        bool first = true;
        while (JsonMembers.Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("namespace"u8))
            {
                pod = pod with { Namespace = JsonMembers.Text(ref cursor) };
            }
            else if (name.SequenceEqual("name"u8))
            {
                pod = pod with { Name = JsonMembers.Text(ref cursor) };
            }
            else if (name.SequenceEqual("uid"u8))
            {
                pod = pod with { Uid = JsonMembers.Text(ref cursor) };
            }
            else if (name.SequenceEqual("resourceVersion"u8))
            {
                version = JsonMembers.Text(ref cursor);
            }
            else if (!workflow.TryReadMetadata(name, ref cursor))
            {
                cursor.Skip();
            }
        }

        return pod;
    }

    private static PodProjection ReadSpec(ref JsonCursor cursor, PodProjection pod, ref WorkflowPodReader workflow)
    {
        bool first = true;
        while (JsonMembers.Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("nodeName"u8))
            {
                pod = pod with { Node = JsonMembers.Text(ref cursor) };
            }
            else if (name.SequenceEqual("containers"u8))
            {
                ImmutableArray<NodeResource>.Builder requests = ImmutableArray.CreateBuilder<NodeResource>();
                bool firstContainer = true;
                while (JsonMembers.NextElement(ref cursor, ref firstContainer))
                {
                    ReadContainer(ref cursor, requests, ref workflow);
                }

                pod = pod with { Requests = requests.ToImmutable() };
            }
            else
            {
                cursor.Skip();
            }
        }

        return pod;
    }

    private static void ReadContainer(
        ref JsonCursor cursor, ImmutableArray<NodeResource>.Builder requests, ref WorkflowPodReader workflow)
    {
        bool first = true;
        while (JsonMembers.Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("resources"u8))
            {
                ReadResources(ref cursor, requests);
            }
            else if (!workflow.TryReadContainer(name, ref cursor))
            {
                cursor.Skip();
            }
        }
    }

    private static void ReadResources(ref JsonCursor cursor, ImmutableArray<NodeResource>.Builder requests)
    {
        bool firstKind = true;
        while (JsonMembers.Next(ref cursor, ref firstKind, out ReadOnlySpan<byte> kind))
        {
            if (!kind.SequenceEqual("requests"u8))
            {
                cursor.Skip();
                continue;
            }

            bool firstRequest = true;
            while (JsonMembers.Next(ref cursor, ref firstRequest, out ReadOnlySpan<byte> resource))
            {
                requests.Add(new NodeResource(Utf8Text.ToText(resource), JsonMembers.Text(ref cursor)));
            }
        }
    }

    private static PodProjection ReadStatus(ref JsonCursor cursor, PodProjection pod)
    {
        bool first = true;
        while (JsonMembers.Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("phase"u8))
            {
                pod = pod with { Phase = JsonMembers.Text(ref cursor) };
            }
            else
            {
                cursor.Skip();
            }
        }

        return pod;
    }
}
