using Orleans.Serialization.Cloning;
using Osmo.Grains.Listeners;

namespace Osmo.Grains.Serialization;

/// <summary>Messages of every kind are immutable: calls in a process share them, and lists of them.</summary>
[RegisterCopier]
internal sealed class ListenerReportCopier : ShallowCopier<ListenerReport>, IDerivedTypeCopier;
