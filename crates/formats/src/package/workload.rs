//! A workload of a Kubernetes cluster as an asset.

use scanhelm_core::asset::{AssetKey, AssetKind, AssetRecord};

/// By cluster, namespace, kind and name. The set of replicas that a deployment makes at each roll-out is that deployment.
pub(crate) fn workload(cluster: Option<&str>, namespace: Option<&str>, kind: &str, name: &str) -> AssetRecord {
    let (kind, name) = match (kind, name.rsplit_once('-')) {
        ("ReplicaSet", Some((deployment, hash))) if is_hash(hash) => ("Deployment", deployment),
        _ => (kind, name),
    };
    let place = [namespace.unwrap_or_default(), kind, name];
    let place = place.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    let id = format!("kubernetes:{}/{place}", cluster.unwrap_or("unknown cluster"));
    AssetRecord::new(AssetKind::CloudResource, place, vec![AssetKey::CloudId(id)])
}

/// Kubernetes makes them of letters and digits that cannot form words.
fn is_hash(text: &str) -> bool {
    (8..=10).contains(&text.len()) && text.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789013".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roll_out_is_the_same_workload() {
        for name in ["nginx-deployment-965685897", "nginx-deployment-fc85b485f"] {
            let asset = workload(Some("prod"), Some("default"), "ReplicaSet", name);
            assert_eq!(asset.identity(), "cloud:kubernetes:prod/default/Deployment/nginx-deployment");
        }
        let asset = workload(None, None, "ClusterRole", "cluster-admin");
        assert_eq!(asset.identity(), "cloud:kubernetes:unknown cluster/ClusterRole/cluster-admin");
    }
}
