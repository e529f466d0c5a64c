using System.Text.Json.Nodes;

namespace Osmo.KubeSim.Fleet;

/// <summary>The images a kubelet reports, largest first: the same on all nodes of a shape, as daemon sets make it.</summary>
internal static class NodeImages
{
    private const int ImagesMin = 30;
    private const int ImagesSpread = 6;

    private static readonly string[] Repositories =
    [
        "cr.example.com/nvidia/pytorch", "cr.example.com/nvidia/driver", "cr.example.com/nvidia/dcgm-exporter",
        "cr.example.com/nvidia/k8s-device-plugin", "cr.example.com/storage/csi-node", "cr.example.com/net/calico-node",
        "cr.example.com/jobs/trainer", "registry.k8s.io/kube-proxy", "registry.k8s.io/node-problem-detector",
    ];

    public static JsonArray Of(NodeShape shape)
    {
        var random = new Random(shape.Name.Sum(c => c) * 31);
        var images = new JsonArray();
        var count = ImagesMin + random.Next(ImagesSpread);
        var size = 24_000_000_000L;
        Span<byte> digest = stackalloc byte[32];
        for (var i = 0; i < count; i++)
        {
            var repository = Repositories[i % Repositories.Length];
            random.NextBytes(digest);
            size = (long)(size * (0.75 + (random.NextDouble() * 0.1)));
            images.Add(new JsonObject
            {
                ["names"] = i % 3 == 0
                    ? new JsonArray($"{repository}@sha256:{Convert.ToHexStringLower(digest)}")
                    : new JsonArray($"{repository}:v{1 + (i / 9)}.{random.Next(40)}"),
                ["sizeBytes"] = size + 300_000,
            });
        }

        return images;
    }
}
